// SPDX-License-Identifier: Apache-2.0

// LevelDB's C interface, as Debian ships it (libleveldb-dev 1.23). Every function in it can be called from Swift
// as it stands, so this header adds nothing of its own.
#include <leveldb/c.h>
