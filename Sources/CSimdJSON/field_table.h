// SPDX-License-Identifier: Apache-2.0
//
// Names of wanted members, and the slots that belong to them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace {

/// The first eight bytes, those behind `length` as zero. Eight bytes may be read.
inline uint64_t first_bytes(const uint8_t *text, size_t length) {
    uint64_t word;
    memcpy(&word, text, 8);
    return length >= 8 ? word : word & ((uint64_t(1) << (8 * length)) - 1);
}

inline uint32_t name_hash(uint64_t first, size_t length) {
    return uint32_t(((first + length) * 0x9E3779B97F4A7C15ull) >> 56);
}

}  // namespace

struct csj_fields {
    struct entry {
        uint64_t first;  // first_bytes of the name
        uint32_t length;
        int32_t slot;  // -1: a free place
    };

    /// Open addressing.
    entry table[256];
    std::vector<std::string> names;

    csj_fields() {
        for (entry &place : table) place = {0, 0, -1};
    }

    /// The slot of the name, or -1. Eight bytes may be read from `name` on.
    int find(const uint8_t *name, size_t length) const {
        const uint64_t first = first_bytes(name, length);
        for (uint32_t place = name_hash(first, length);; place = (place + 1) & 255) {
            const entry &candidate = table[place];
            if (candidate.slot < 0) return -1;
            if (candidate.first != first || candidate.length != length) continue;
            if (length <= 8 || memcmp(names[size_t(candidate.slot)].data() + 8, name + 8, length - 8) == 0) {
                return candidate.slot;
            }
        }
    }

    void insert(const char *text) {
        names.emplace_back(text);
        const std::string &name = names.back();
        uint8_t head[8] = {};
        memcpy(head, name.data(), name.size() < 8 ? name.size() : 8);
        const uint64_t first = first_bytes(head, name.size());
        uint32_t place = name_hash(first, name.size());
        while (table[place].slot >= 0) place = (place + 1) & 255;
        table[place] = {first, uint32_t(name.size()), int32_t(names.size() - 1)};
    }
};
