/*
 * Opening a store: the directory, the lock, what kind of file it is, and the
 * tables. Invariant: nothing in the directory is changed before the lock is
 * held and the file has been recognised.
 */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/postings.h"

#define PATH_SIZE 4096
#define FILE_NAME "dupd.mdb"

const char *const table_names[TABLE_COUNT] = {
    "settings", "articles", "texts", "ids", "clusters",
    "recent", "size", "first", "aliases",
    "prints", "postings", "segments",
    "segment_00", "segment_01", "segment_02", "segment_03", "segment_04", "segment_05", "segment_06", "segment_07",
    "segment_08", "segment_09", "segment_10", "segment_11", "segment_12", "segment_13", "segment_14", "segment_15",
    "segment_16", "segment_17", "segment_18", "segment_19", "segment_20", "segment_21", "segment_22", "segment_23",
    "segment_24", "segment_25", "segment_26", "segment_27", "segment_28", "segment_29", "segment_30", "segment_31"};

static struct { unsigned char bytes[512]; size_t len; int given; } seed;

void store_create_seed(const void *data, size_t len)
{
    seed.len = len < sizeof seed.bytes ? len : sizeof seed.bytes;
    seed.given = data != NULL && len > 0;
    if (seed.given)
        memcpy(seed.bytes, data, seed.len);
}

/* Puts the names in a directory on disk: a file that is synced may still lose its name. */
static int sync_directory(const char *dir, const char *below, struct err *err)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s%s", dir, below);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) < 0, error = errno;
    if (fd >= 0)
        close(fd);
    /* Not every file system can. */
    if (failed && error != EINVAL && error != EACCES)
        return err_set(err, err_from_errno(error), "cannot sync the directory %s: %s", path, strerror(error));
    return 0;
}

static int open_directory(struct store *store, struct err *err)
{
    struct stat st;
    int made = !store->read_only && mkdir(store->dir, 0700) == 0;
    if (!store->read_only && !made && errno != EEXIST)
        return err_set(err, err_from_errno(errno), "cannot create the state directory %s: %s", store->dir, strerror(errno));
    if (made && sync_directory(store->dir, "/..", err) < 0)
        return err->code;
    if (stat(store->dir, &st) < 0)
        return err_set(err, err_from_errno(errno), "cannot use the state directory %s: %s", store->dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set(err, DUP_EACCES, "%s is not a directory", store->dir);
    return 0;
}

/*
 * What root makes in the directory of the daemon's user, checking a backup that was put back, belongs
 * to that user, who could not open it else. Where it fails that user's daemon says so. By name: closing
 * a descriptor of LMDB's lock file would let its locks go.
 */
static void hand_over(const struct store *store, const char *name)
{
    char path[PATH_SIZE];
    struct stat dir, st;
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    if (geteuid() != 0 || stat(store->dir, &dir) < 0 || dir.st_uid == 0 || lstat(path, &st) < 0)
        return;
    if (S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 && lchown(path, dir.st_uid, dir.st_gid) < 0)
        return;
}

static int take_lock(struct store *store, struct err *err)
{
    char path[PATH_SIZE], pid[16] = "";
    snprintf(path, sizeof path, "%s/lock", store->dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, err_from_errno(errno), "cannot write to the state directory: %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
        pid[n > 0 ? n : 0] = '\0';
        close(fd);
        return err_set(err, DUP_EINUSE, "another dupd (process %d) uses the state directory %s", atoi(pid), store->dir);
    }
    int len = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
        int error = errno;
        close(fd);
        return err_set(err, err_from_errno(error), "cannot write %s: %s", path, strerror(error));
    }
    store->lock_fd = fd;
    hand_over(store, "lock");
    return 0;
}

static int open_env(struct store *store, const char *name, uint64_t map_size, struct err *err)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    if (mdb_env_create(&store->env) != 0)
        return err_set(err, DUP_ENOMEM, "out of memory");
    struct stat st;
    store->map_size = map_size ? map_size : STORE_MAP_DEFAULT;
    if (stat(path, &st) == 0)
        while (store->map_size < (uint64_t)st.st_size + (1u << 20))
            store->map_size *= 2;
    int r = head_check(path, err);
    if (r < 0)
        return r;
    mdb_env_set_mapsize(store->env, store->map_size);
    mdb_env_set_maxdbs(store->env, TABLE_COUNT);
    mdb_env_set_maxreaders(store->env, 512);
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (store->read_only ? MDB_RDONLY : 0) | (store->sync ? 0 : MDB_NOSYNC);
    int code = mdb_env_open(store->env, path, flags, 0600);
    if (code == MDB_INVALID || code == MDB_VERSION_MISMATCH)
        return err_set(err, DUP_EFORMAT, "%s is not a store of dupd: %s", path, mdb_strerror(code));
    if (code != 0)
        return err_set(err, store_code(store, code), "cannot open %s: %s", path, mdb_strerror(code));
    int dead = 0;
    mdb_reader_check(store->env, &dead);
    return 0;
}

static int make_secret(struct store *store, struct err *err)
{
    unsigned char random[64];
    if (seed.given)
        return dup_secret_derive(&store->secret, seed.bytes, seed.len);
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return err_set(err, DUP_EIO, "no random numbers for the store's secret");
    return dup_secret_derive(&store->secret, random, sizeof random);
}

/* Format 3: "format" u32, "secret" 192 bytes, "fingerprints" u32, "counters" struct counters. */
static int create_settings(struct store *store, struct err *err)
{
    uint32_t format = STORE_FORMAT, fingerprints = DUP_FINGERPRINT_VERSION;
    store->counters = (struct counters){.first_num = 1};
    int r = make_secret(store, err);
    if (r == 0)
        r = table_put(store, TABLE_SETTINGS, "format", 6, &format, sizeof format, 0);
    if (r == 0)
        r = table_put(store, TABLE_SETTINGS, "fingerprints", 12, &fingerprints, sizeof fingerprints, 0);
    if (r == 0)
        r = table_put(store, TABLE_SETTINGS, "secret", 6, &store->secret, sizeof store->secret, 0);
    return r;
}

static int read_setting(struct store *store, const char *name, void *to, size_t len)
{
    MDB_val data;
    int r = table_get(&store->writer, TABLE_SETTINGS, name, strlen(name), &data);
    if (r < 0)
        return r;
    if (data.mv_size != len)
        return DUP_ECORRUPT;
    memcpy(to, data.mv_data, len);
    return 0;
}

/* Numbers of articles run from the first to the last without gaps: what counts through them may rely on it. */
static int check_numbers(struct store *store)
{
    const struct counters *n = &store->counters;
    MDB_cursor *cursor;
    MDB_val first, last, data;
    MDB_stat stat;
    int r = store_code(store, mdb_stat(store->writer.txn, store->tables[TABLE_ARTICLES], &stat));
    if (r < 0)
        return r;
    if (n->articles != stat.ms_entries || n->first_num + n->articles != (uint64_t)n->last_num + 1)
        return DUP_ECORRUPT;
    if (!n->articles)
        return 0;
    r = store_code(store, mdb_cursor_open(store->writer.txn, store->tables[TABLE_ARTICLES], &cursor));
    if (r < 0)
        return r;
    int right = mdb_cursor_get(cursor, &first, &data, MDB_FIRST) == 0 && first.mv_size == 4 &&
                get_be32(first.mv_data) == n->first_num &&
                mdb_cursor_get(cursor, &last, &data, MDB_LAST) == 0 && last.mv_size == 4 &&
                get_be32(last.mv_data) == n->last_num;
    mdb_cursor_close(cursor);
    return right ? 0 : DUP_ECORRUPT;
}

/* Looked at before the tables, of which another format may have others. One that cannot be read is for read_settings. */
static int check_format(struct store *store, struct err *err)
{
    uint32_t format;
    if (read_setting(store, "format", &format, sizeof format) < 0 || format == STORE_FORMAT)
        return 0;
    return err_set(err, DUP_EFORMAT, "the store in %s has format %u; this dupd knows format %u: %s", store->dir, format,
                   STORE_FORMAT, format > STORE_FORMAT ? "use a newer dupd" :
                   "export it with the dupd that wrote it (dupctl export --json --text), and import it with this one");
}

static int read_settings(struct store *store, struct err *err)
{
    uint32_t format, fingerprints;
    struct dup_secret derived;
    int r = read_setting(store, "format", &format, sizeof format);
    if (r == 0)
        r = read_setting(store, "fingerprints", &fingerprints, sizeof fingerprints);
    if (r == 0 && fingerprints != DUP_FINGERPRINT_VERSION)
        return err_set(err, DUP_EFORMAT, "the store in %s has fingerprints of version %u, this dupd makes version %d: export and import it",
                       store->dir, fingerprints, DUP_FINGERPRINT_VERSION);
    if (r == 0)
        r = read_setting(store, "secret", &store->secret, sizeof store->secret);
    if (r == 0)
        r = read_setting(store, "counters", &store->counters, sizeof store->counters);
    if (r == 0)
        r = check_numbers(store);
    if (r == DUP_ENOMEM || r == DUP_EBUSY || r == DUP_EIO)
        return err_set(err, r, "cannot read the settings of the store in %s: %s", store->dir, dup_strerror(r));
    if (r < 0)
        return err_set(err, DUP_ECORRUPT, "the settings of the store in %s are damaged (restore it from a backup)", store->dir);
    if (seed.given && dup_secret_derive(&derived, seed.bytes, seed.len) == 0 &&
        memcmp(&derived, &store->secret, sizeof derived) != 0)
        return err_set(err, DUP_EINVAL, "the store in %s was created with another secret than the configured one", store->dir);
    return 0;
}

/* Opens the tables in a transaction, creating them and the settings in a fresh store. */
static int open_tables(struct store *store, int fresh, struct err *err)
{
    int r = store_code(store, mdb_txn_begin(store->env, NULL, store->read_only ? MDB_RDONLY : 0, &store->writer.txn));
    if (r < 0)
        return err_set(err, r, "cannot begin a transaction in %s: %s", store->dir, dup_strerror(r));
    unsigned flags = fresh ? MDB_CREATE : 0;
    for (int i = 0; i < TABLE_COUNT && r == 0; i++) {
        r = store_code(store, mdb_dbi_open(store->writer.txn, table_names[i], flags, &store->tables[i]));
        if (r == 0 && !fresh && i == TABLE_SETTINGS && (r = check_format(store, err)) < 0)
            return r;
    }
    if (r == 0 && fresh) {
        r = create_settings(store, err);
    } else if (r == 0 && (r = read_settings(store, err)) < 0) {
        return r;
    }
    if (r == DUP_ENOENT)
        return err_set(err, DUP_EFORMAT, "%s holds an LMDB file that is not a store of dupd", store->dir);
    if (r < 0)
        return err_set(err, r, "cannot open the tables in %s: %s", store->dir, dup_strerror(r));
    if (store->read_only) {
        mdb_txn_commit(store->writer.txn);
        store->writer.txn = NULL;
        store->committed = store->counters;
        return 0;
    }
    store->committed = (struct counters){0};
    r = store_commit(store);
    return r < 0 ? err_set(err, r, "cannot write to the store in %s: %s", store->dir, dup_strerror(r)) : 0;
}

/*
 * Makes a store under another name and gives it its own when it is whole and on disk: whatever
 * happens meanwhile, a file named dupd.mdb is a store.
 */
static int create_store(struct store *store, uint64_t map_size, struct err *err)
{
    char path[PATH_SIZE], made[PATH_SIZE], lock[PATH_SIZE];
    struct stat st;
    snprintf(path, sizeof path, "%s/" FILE_NAME, store->dir);
    snprintf(made, sizeof made, "%s/" FILE_NAME ".new", store->dir);
    snprintf(lock, sizeof lock, "%s/" FILE_NAME ".new-lock", store->dir);
    int r = stat(path, &st);
    if (r == 0 && st.st_size > 0)
        return 0;
    /* One that cannot be looked at may be there all the same. */
    if (r < 0 && errno != ENOENT)
        return err_set(err, err_from_errno(errno), "cannot use %s: %s", path, strerror(errno));
    unlink(made);
    r = open_env(store, FILE_NAME ".new", map_size, err);
    if (r == 0)
        r = open_tables(store, 1, err);
    if (r == 0 && (r = store_sync(store)) < 0)
        err_set(err, r, "cannot write to the store in %s: %s", store->dir, dup_strerror(r));
    store_abort(store);
    if (store->env)
        mdb_env_close(store->env);
    store->env = NULL;
    if (r == 0 && rename(made, path) < 0)
        r = err_set(err, err_from_errno(errno), "cannot name the new store %s: %s", path, strerror(errno));
    if (r < 0)
        unlink(made);
    unlink(lock);
    return r;
}

int store_open(const struct store_options *options, struct err *err, struct store **ret)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return err_set(err, DUP_ENOMEM, "out of memory");
    lock_init(&store->resize);
    store->lock_fd = -1;
    store->read_only = options->read_only;
    store->sync = options->sync;
    store->memory = options->memory ? options->memory : (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    store->writer.store = store;
    store->dir = strdup(options->dir);
    uint64_t index_memory = options->index_memory ? options->index_memory : STORE_INDEX_DEFAULT;
    int r = tiers_new(store, index_memory);
    if (r == 0)
        r = ids_new(store, index_memory);
    if (r == 0)
        r = ledger_new(store, options->ledger_memory ? options->ledger_memory : LIMIT_LEDGER_BYTES);
    r = store->dir && r == 0 ? open_directory(store, err) : err_set(err, DUP_ENOMEM, "out of memory");
    if (r == 0)
        r = take_lock(store, err);
    if (r == 0 && !store->read_only)
        r = create_store(store, options->map_size, err);
    /* On every start: the last one may have ended between naming the file and this. */
    if (r == 0 && !store->read_only)
        r = sync_directory(store->dir, "", err);
    if (r == 0) {
        r = open_env(store, FILE_NAME, options->map_size, err);
        hand_over(store, FILE_NAME);
        hand_over(store, FILE_NAME "-lock");
    }
    if (r == 0)
        r = open_tables(store, 0, err);
    if (r == 0 && !store->read_only)
        r = store_load_index(store, err);
    if (r == 0 && !store->read_only) /* the log of the index was read in one go before */
        store_choose_reading(store);
    if (r < 0) {
        store_free(store);
        return r;
    }
    *ret = store;
    return 0;
}
