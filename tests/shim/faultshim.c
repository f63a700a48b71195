/* Preloaded into a program under test: sees what reaches the files below one directory, and can make it fail.
 *
 * FAULT_DIR    absolute path; files elsewhere are left alone
 * FAULT_TRACE  append every operation to this file (see struct record)
 * FAULT_MARK   what the program writes to this file appears in the trace as a mark: "so far this was acknowledged"
 * FAULT_FAIL   kind:n:errno:once|ever   fail the n-th write, sync, truncate, open, rename, unlink or any
 * FAULT_SKIP   suffix                   answer 0 to flushes of files so named without doing them; "/" means directories
 * FAULT_DELAY  ms                       added to every flush
 *
 * The index of SQLite's log (-shm) is memory-mapped and not seen; SQLite rebuilds it after a power loss.
 * Only system calls are used, never the C library's functions of the same names. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum op { OPEN = 1, WRITE, SYNC, TRUNCATE, RENAME, UNLINK, MARK, SYNC_FAILED, MKDIR };
enum { MAX_FD = 65536, MARK_FD = -1 };

struct record {          /* little-endian on every machine we run on; followed by len bytes */
    uint32_t op, process, file, len;
    uint64_t offset;     /* OPEN: 1 if the file was created; TRUNCATE: the new length */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *dir, *mark, *skip;
static size_t dir_len;
static int trace = -1, delay_ms, fail_errno, fail_ever;
static char fail_kind[16];
static long fail_at, seen;
static int file_of[MAX_FD], next_file = 1; /* 0: not ours */
static char *name_of[MAX_FD];

__attribute__((constructor)) static void start(void) {
    dir = getenv("FAULT_DIR");
    mark = getenv("FAULT_MARK");
    skip = getenv("FAULT_SKIP");
    dir_len = dir ? strlen(dir) : 0;
    if (getenv("FAULT_DELAY")) delay_ms = atoi(getenv("FAULT_DELAY"));
    const char *path = getenv("FAULT_TRACE");
    if (path) trace = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *fail = getenv("FAULT_FAIL");
    if (fail) {
        char spec[64];
        strncpy(spec, fail, sizeof spec - 1);
        spec[sizeof spec - 1] = 0;
        char *rest = spec, *kind = strsep(&rest, ":"), *n = strsep(&rest, ":"), *code = strsep(&rest, ":");
        if (kind && n && code && rest) {
            strncpy(fail_kind, kind, sizeof fail_kind - 1);
            fail_at = atol(n);
            fail_errno = atoi(code);
            fail_ever = !strcmp(rest, "ever");
        }
    }
}

static const char *inside(const char *path) {
    if (!dir || !path || strncmp(path, dir, dir_len)) return NULL;
    if (path[dir_len] == 0) return path + dir_len;
    return path[dir_len] == '/' ? path + dir_len + 1 : NULL;
}

static int ends_with(const char *name, const char *suffix) {
    size_t n = strlen(name), s = strlen(suffix);
    return n >= s && !strcmp(name + n - s, suffix);
}

/* One call of writev per record: several processes may append to one trace. */
static void record(enum op op, int file, uint64_t offset, const void *data, size_t len) {
    if (trace < 0) return;
    struct record head = {op, (uint32_t)getpid(), (uint32_t)file, (uint32_t)len, offset};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, len}};
    int saved = errno;
    if (syscall(SYS_writev, trace, parts, 2) != (long)(sizeof head + len)) abort();
    errno = saved;
}

static int must_fail(const char *kind) {
    if (!fail_at || (strcmp(fail_kind, kind) && strcmp(fail_kind, "any"))) return 0;
    seen++;
    if (fail_ever ? seen < fail_at : seen != fail_at) return 0;
    errno = fail_errno;
    return 1;
}

static int open_any(const char *path, int flags, mode_t mode) {
    const char *name = inside(path);
    int is_mark = mark && path && !strcmp(path, mark);
    if (!name && !is_mark) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    pthread_mutex_lock(&lock);
    int fd = -1, writes = (flags & O_ACCMODE) != O_RDONLY;
    if (is_mark || !writes || !must_fail("open")) {
        int existed = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
        fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
        if (fd >= 0 && fd < MAX_FD && is_mark) file_of[fd] = MARK_FD;
        else if (fd >= 0 && fd < MAX_FD) {
            free(name_of[fd]);
            struct stat st;
            int is_dir = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
            name_of[fd] = strdup(is_dir ? "/" : name);
            file_of[fd] = next_file++;
            record(OPEN, file_of[fd], !existed, name, strlen(name));
            if (existed && (flags & O_TRUNC)) record(TRUNCATE, file_of[fd], 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }
int open(const char *path, int flags, ...) { MODE return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_any(path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_any(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }
int openat(int at, const char *path, int flags, ...) {
    MODE
    return path[0] == '/' ? open_any(path, flags, mode) : syscall(SYS_openat, at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE
    return path[0] == '/' ? open_any(path, flags, mode) : syscall(SYS_openat, at, path, flags, mode);
}

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD) file_of[fd] = 0;
    return syscall(SYS_close, fd);
}

static int ours(int fd) { return fd >= 0 && fd < MAX_FD ? file_of[fd] : 0; }

/* offset -1: at the file's own position */
static ssize_t write_at(int fd, const void *data, size_t len, off_t offset) {
    int file = ours(fd);
    if (!file) {
        return offset < 0 ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, offset);
    }
    pthread_mutex_lock(&lock);
    ssize_t done = -1;
    if (file == MARK_FD) {
        done = syscall(SYS_write, fd, data, len);
        record(MARK, 0, 0, data, len);
    } else if (!must_fail("write")) {
        off_t at = offset;
        if (offset < 0) {
            int append = syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND;
            at = syscall(SYS_lseek, fd, 0, append ? SEEK_END : SEEK_CUR);
            done = syscall(SYS_write, fd, data, len);
        } else {
            done = syscall(SYS_pwrite64, fd, data, len, offset);
        }
        if (done > 0) record(WRITE, file, at, data, done);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t len) { return write_at(fd, data, len, -1); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) { return write_at(fd, data, len, offset); }
ssize_t pwrite64(int fd, const void *data, size_t len, off_t offset) { return write_at(fd, data, len, offset); }

static int flush(int fd, long call) {
    int file = ours(fd);
    if (file <= 0) return syscall(call, fd);
    if (delay_ms) {
        struct timespec wait = {delay_ms / 1000, (delay_ms % 1000) * 1000000L};
        nanosleep(&wait, NULL);
    }
    pthread_mutex_lock(&lock);
    int result = 0;
    if (!skip || !ends_with(name_of[fd], skip)) {
        if (must_fail("sync")) {
            result = -1;
            record(SYNC_FAILED, file, 0, NULL, 0);
        } else {
            result = syscall(call, fd);
            if (result == 0) record(SYNC, file, 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return flush(fd, SYS_fsync); }
int fdatasync(int fd) { return flush(fd, SYS_fdatasync); }

int ftruncate(int fd, off_t len) {
    int file = ours(fd);
    if (file <= 0) return syscall(SYS_ftruncate, fd, len);
    pthread_mutex_lock(&lock);
    int result = -1;
    if (!must_fail("truncate")) {
        result = syscall(SYS_ftruncate, fd, len);
        if (result == 0) record(TRUNCATE, file, len, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate64(int fd, off_t len) { return ftruncate(fd, len); }

static int on_path(enum op op, const char *kind, const char *path, const char *to, mode_t mode) {
    const char *name = inside(path), *to_name = to ? inside(to) : NULL;
    pthread_mutex_lock(&lock);
    int result = -1;
    if (!name || !must_fail(kind)) {
        switch (op) {
        case RENAME: result = syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, 0); break;
        case UNLINK: result = syscall(SYS_unlinkat, AT_FDCWD, path, 0); break;
        default: result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
        }
        if (result == 0 && name) {
            char both[8192];
            size_t len = strlen(name), to_len = to_name ? strlen(to_name) : 0;
            if (len + to_len + 1 > sizeof both) abort();
            memcpy(both, name, len + 1);
            if (to_name) memcpy(both + len + 1, to_name, to_len);
            record(op, 0, 0, both, to_name ? len + 1 + to_len : len);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) { return on_path(RENAME, "rename", from, to, 0); }
int unlink(const char *path) { return on_path(UNLINK, "unlink", path, NULL, 0); }
int mkdir(const char *path, mode_t mode) { return on_path(MKDIR, "mkdir", path, NULL, mode); }
