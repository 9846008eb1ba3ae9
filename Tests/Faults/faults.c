// SPDX-License-Identifier: Apache-2.0

// A disk that fails when it is told to: preloaded into a program, it counts what the program changes below one folder, and
// at a step of one's choice the process dies or the call fails.
//
//     FAULTS_BELOW   the folder; calls on other files pass
//     FAULTS_LOG     a file that gets the number of steps, when the process ends by itself
//     FAULTS_STEP    the step, counted from 1; without it nothing happens
//     FAULTS_KIND    kill     SIGKILL before the step
//                    torn     a write is done by half, then SIGKILL
//                    power    SIGKILL, and every file keeps only what was synced
//                    eio      the step fails with EIO
//                    enospc   it fails with ENOSPC
//                    slow     it takes FAULTS_PAUSE milliseconds, and is done
//     FAULTS_COUNT   how many steps it is, from that one on; 1 unless given
//
// A step is a write, a sync, a truncation, a rename, a link, a removal, or the making of a file or a folder. What glibc
// writes by itself (LevelDB's LOG) passes.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 4096, DESCRIPTORS = 4096 };

// What is known of a file that was open: how much of it would survive a power loss.
struct file {
    char path[512];
    off_t synced;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES];
static int file_count;
static int file_of[DESCRIPTORS];  // an index into `files`, and 1; 0 for descriptors that do not count
static atomic_long steps;
static long first_step, last_step;
static char kind;  // the first letter
static useconds_t pause_microseconds;
static char below[PATH_MAX];
static char log_path[PATH_MAX];

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("FAULTS_BELOW");
    if (text) snprintf(below, sizeof below, "%s", text);
    text = getenv("FAULTS_LOG");
    if (text) snprintf(log_path, sizeof log_path, "%s", text);
    text = getenv("FAULTS_KIND");
    kind = text ? text[0] : 0;
    text = getenv("FAULTS_STEP");
    first_step = text ? atol(text) : 0;
    text = getenv("FAULTS_PAUSE");
    pause_microseconds = text ? (useconds_t)atol(text) * 1000 : 0;
    text = getenv("FAULTS_COUNT");
    last_step = first_step + (text ? atol(text) : 1) - 1;
    // Programs that this one starts are not meant.
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void finish(void) {
    if (!log_path[0]) return;
    FILE *file = fopen(log_path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&steps));
    fclose(file);
}

static int counts(const char *path) {
    size_t length = strlen(below);
    return length > 0 && path && strncmp(path, below, length) == 0;
}

static int counts_descriptor(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS && file_of[descriptor] > 0;
}

static void remember(int descriptor, const char *path) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return;
    pthread_mutex_lock(&lock);
    int index = 0;
    while (index < file_count && strcmp(files[index].path, path) != 0) index++;
    if (index == file_count && file_count < FILES) {
        struct stat status;
        snprintf(files[index].path, sizeof files[index].path, "%s", path);
        // What was there before this process is on the disk.
        files[index].synced = fstat(descriptor, &status) == 0 ? status.st_size : 0;
        file_count++;
    }
    file_of[descriptor] = index < FILES ? index + 1 : 0;
    pthread_mutex_unlock(&lock);
}

static void did_sync(int descriptor) {
    struct stat status;
    pthread_mutex_lock(&lock);
    int index = file_of[descriptor];
    if (index > 0 && fstat(descriptor, &status) == 0) files[index - 1].synced = status.st_size;
    pthread_mutex_unlock(&lock);
}

static void did_rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    size_t length = strlen(from);
    for (int index = 0; index < file_count; index++) {
        char *path = files[index].path;
        // A folder takes its files along.
        if (strncmp(path, from, length) == 0 && (path[length] == 0 || path[length] == '/')) {
            char moved[sizeof files[index].path];
            snprintf(moved, sizeof moved, "%s%s", to, path + length);
            memcpy(path, moved, sizeof moved);
        } else if (strcmp(path, to) == 0) {
            path[0] = 0;
        }
    }
    pthread_mutex_unlock(&lock);
}

static void die(void) {
    if (kind == 'p') {
        pthread_mutex_lock(&lock);
        for (int index = 0; index < file_count; index++) {
            struct stat status;
            const char *path = files[index].path;
            if (path[0] && stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > files[index].synced) {
                if (truncate(path, files[index].synced) != 0) _exit(99);
            }
        }
    }
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

// Counts a step. Whether it has to fail; errno says how.
static int fails(void) {
    long step = atomic_fetch_add(&steps, 1) + 1;
    if (first_step == 0 || step < first_step || step > last_step) return 0;
    if (kind == 's') {
        usleep(pause_microseconds);
        return 0;
    }
    if (kind == 'e') {
        const char *text = getenv("FAULTS_KIND");
        errno = text && strcmp(text, "enospc") == 0 ? ENOSPC : EIO;
        return 1;
    }
    if (kind != 't') die();
    return 2;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(write);
    if (counts_descriptor(descriptor)) {
        int what = fails();
        if (what == 1) return -1;
        if (what == 2) {
            real(descriptor, bytes, count / 2);
            die();
        }
    }
    return real(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    if (counts_descriptor(descriptor) && fails()) {
        if (kind == 't') die();
        return -1;
    }
    return real(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

// Defines a call on a descriptor, and what is done when it went well.
#define ON_DESCRIPTOR(name, parameters, arguments, afterwards) \
    int name parameters { \
        REAL(name); \
        if (counts_descriptor(descriptor) && fails()) { \
            if (kind == 't') die(); \
            return -1; \
        } \
        int result = real arguments; \
        if (result == 0 && counts_descriptor(descriptor)) { \
            afterwards; \
        } \
        return result; \
    }

ON_DESCRIPTOR(fsync, (int descriptor), (descriptor), did_sync(descriptor))
ON_DESCRIPTOR(fdatasync, (int descriptor), (descriptor), did_sync(descriptor))
ON_DESCRIPTOR(ftruncate, (int descriptor, off_t length), (descriptor, length), )
ON_DESCRIPTOR(ftruncate64, (int descriptor, off64_t length), (descriptor, length), )

// Defines a call on a path.
#define ON_PATH(name, parameters, arguments, path, afterwards) \
    int name parameters { \
        REAL(name); \
        if (counts(path) && fails()) { \
            if (kind == 't') die(); \
            return -1; \
        } \
        int result = real arguments; \
        if (result == 0 && counts(path)) { \
            afterwards; \
        } \
        return result; \
    }

ON_PATH(rename, (const char *from, const char *to), (from, to), to, did_rename(from, to))
ON_PATH(link, (const char *from, const char *to), (from, to), to, )
ON_PATH(unlink, (const char *path), (path), path, )
ON_PATH(rmdir, (const char *path), (path), path, )
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode), path, )

// Opening is a step where it makes or empties a file.
static int opens(const char *path, int flags) {
    if (!counts(path)) return 0;
    if (!(flags & O_TRUNC) && (!(flags & O_CREAT) || access(path, F_OK) == 0)) return 0;
    int what = fails();
    if (what == 2) die();
    return what;
}

static void did_open(int descriptor, const char *path, int flags) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return;
    file_of[descriptor] = 0;
    if (!counts(path) || (flags & O_ACCMODE) == O_RDONLY) return;
    remember(descriptor, path);
    if (flags & O_TRUNC) {
        pthread_mutex_lock(&lock);
        if (file_of[descriptor] > 0) files[file_of[descriptor] - 1].synced = 0;
        pthread_mutex_unlock(&lock);
    }
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        if (opens(path, flags)) return -1; \
        int descriptor = real(path, flags, mode); \
        did_open(descriptor, path, flags); \
        return descriptor; \
    }

OPEN(open)
OPEN(open64)

int close(int descriptor) {
    REAL(close);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) file_of[descriptor] = 0;
    return real(descriptor);
}
