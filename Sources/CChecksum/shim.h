// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The processor's own CRC-32C, eight bytes a step: Swift has no name for the instruction. Says 0 where there is none,
// and leaves the checksum as it was.
#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t cchecksum_crc32c_steps(
    uint32_t crc, const unsigned char *bytes, size_t count) {
    uint64_t wide = crc;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; count > 0; count--, bytes++) crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}

static inline int cchecksum_has_crc32c(void) {
    return __builtin_cpu_supports("sse4.2") != 0;
}
#else
static inline uint32_t cchecksum_crc32c_steps(uint32_t crc, const unsigned char *bytes, size_t count) {
    (void)bytes, (void)count;
    return crc;
}

static inline int cchecksum_has_crc32c(void) {
    return 0;
}
#endif
