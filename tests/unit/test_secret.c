/* What secret.h promises: a secret is read from a plain file that is its user's alone. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/base/secret.h"

#define NOBODY 65534

static char folder[64], path[96], fault[256], line[16];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/bihuan-secret-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    return 0;
}

static void write_secret(const char *text, mode_t mode)
{
    snprintf(path, sizeof path, "%s/key", folder);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static int read_it(void)
{
    memset(line, 'x', sizeof line);
    return secret_read(path, line, sizeof line, fault);
}

static void the_first_line_is_read(void **state)
{
    (void)state;
    write_secret("hidden\r\nmore\n", 0600);
    assert_int_equal(read_it(), 6);
    assert_string_equal(line, "hidden");
    write_secret("", 0400);
    assert_int_equal(read_it(), 0);
    write_secret("0123456789abcdefghij", 0600);
    assert_int_equal(read_it(), (int)sizeof line - 1);
}

static void what_others_may_read_or_write_is_refused(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0620, 0610, 0604, 0602, 0601};
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        write_secret("hidden\n", open_modes[i]);
        assert_int_equal(read_it(), -EACCES);
        assert_non_null(strstr(fault, path));
        assert_null(strstr(fault, "hidden"));
    }
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    char link[128];
    write_secret("hidden\n", 0600);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(secret_read(link, line, sizeof line, fault), -ELOOP);
    assert_non_null(strstr(fault, "symbolic link"));
    unlink(link);
    assert_int_equal(mkfifo(link, 0600), 0); /* nobody writes to it: must not wait */
    assert_int_equal(secret_read(link, line, sizeof line, fault), -EINVAL);
    unlink(link);
    assert_int_equal(secret_read(folder, line, sizeof line, fault), -EINVAL);
    assert_int_equal(secret_read(link, line, sizeof line, fault), -ENOENT);
}

static void the_owner_is_this_user_or_root(void **state)
{
    (void)state;
    write_secret("hidden\n", 0600);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    assert_int_equal(read_it(), -EPERM);
    assert_int_equal(chmod(folder, 0711), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    int own = read_it();
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(own, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_line_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_may_read_or_write_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_plain_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_owner_is_this_user_or_root, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
