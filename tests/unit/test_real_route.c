/* Real rows: how often the route table made from them sends to the unit that had the case, and how often a point is in
 * the borough its row names. Without the data the tests are skipped. */
#include "city_rig.h"

#include "broker/against.h"
#include "broker/core/route.h"
#include "broker/place/place.h"

struct real {
    char folder[64];
    struct policy *policy;
    struct place_index *places;
};

struct tally {
    size_t rows, to_its_unit, unrouted, without_point, with_borough, in_its_borough;
};

struct real_row {
    char id[64], type[64], where[64], unit[64], area[64];
};

static bool make_city(struct real *real, const char *script)
{
    const char *data = getenv("BIHUAN_DATA");
    char command[512];
    snprintf(real->folder, sizeof(real->folder), "/tmp/bihuan-real-XXXXXX");
    assert_non_null(mkdtemp(real->folder));
    snprintf(command, sizeof(command), "%s/samples", data != NULL ? data : "../shared/data");
    if (access(command, R_OK) != 0) {
        print_message("skipped: no real data at %s (set BIHUAN_DATA)\n", command);
        return false;
    }
    snprintf(command, sizeof(command), "PYTHONDONTWRITEBYTECODE=1 python3 tests/real/%s '%s' '%s'", script,
             data != NULL ? data : "../shared/data", real->folder);
    assert_int_equal(system(command), 0);
    struct faults faults = {0};
    if (config_load(real->folder, &real->policy, &faults) != 0 ||
        place_build(real->policy, real->folder, &real->places, &faults) != 0)
        fail_msg("%s:\n%s", script, faults_text(&faults));
    faults_release(&faults);
    return true;
}

static void drop_city(struct real *real)
{
    char command[160];
    place_free(real->places);
    policy_free(real->policy);
    snprintf(command, sizeof(command), "rm -rf '%s'", real->folder);
    assert_int_equal(system(command), 0);
}

/* One line of expected.tsv; fields may be empty. */
static bool next_row(FILE *file, struct real_row *row)
{
    char line[512], *at = line, *fields[] = {row->id, row->type, row->where, row->unit, row->area};
    if (fgets(line, sizeof(line), file) == NULL)
        return false;
    for (size_t i = 0; i < 5; i++) {
        const char *field = strsep(&at, "\t\n");
        assert_non_null(field);
        snprintf(fields[i], 64, "%s", field);
    }
    return true;
}

/* A code, or "latitude,longitude", or "," for no point. */
static const struct area *place_row(const struct real *real, const struct real_row *row, struct tally *tally)
{
    double latitude, longitude;
    if (strchr(row->where, ',') == NULL)
        return policy_area(real->policy, row->where);
    if (sscanf(row->where, "%lf,%lf", &latitude, &longitude) != 2) {
        tally->without_point++;
        return NULL;
    }
    const char *code = place_find(real->places, 0, COORDINATES_WGS84, latitude, longitude);
    tally->with_borough += row->area[0] != '\0';
    tally->in_its_borough += row->area[0] != '\0' && strcmp(code, row->area) == 0;
    return policy_area(real->policy, code);
}

static struct tally route_all(const struct real *real)
{
    char path[128];
    struct tally tally = {0};
    struct real_row row;
    snprintf(path, sizeof(path), "%s/expected.tsv", real->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (next_row(file, &row)) {
        struct route_query query = {.type = policy_type(real->policy, row.type),
                                    .area = place_row(real, &row, &tally),
                                    .nature = NATURE_COMPLAINT,
                                    .severity = 4,
                                    .without = UNROUTED_NO_PLACE};
        struct route_result result;
        assert_non_null(query.type);
        route_find(real->policy, &query, &result, NULL);
        tally.rows++;
        tally.unrouted += result.lead == NULL;
        tally.to_its_unit += result.lead != NULL && strcmp(result.lead->id, row.unit) == 0;
    }
    fclose(file);
    return tally;
}

static double percent(size_t part, size_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void pingshan_by_type_and_community(void **state)
{
    (void)state;
    struct real real = {0};
    if (make_city(&real, "make_pingshan.py")) {
        struct tally tally = route_all(&real);
        print_message("Pingshan: %zu rows, %.1f %% to their unit, %.1f %% unrouted\n", tally.rows,
                      percent(tally.to_its_unit, tally.rows), percent(tally.unrouted, tally.rows));
        assert_int_equal(tally.rows, 2000);
        assert_true(percent(tally.to_its_unit, tally.rows) >= 84);
        assert_true(percent(tally.unrouted, tally.rows) <= 1);
        size_t renamed = 0;
        for (size_t i = 0; i < real.policy->unit_count; i++)
            renamed += real.policy->units[i].name_count == 2;
        assert_int_equal(renamed, 22);
    }
    drop_city(&real);
}

/* Rows as `check --against` takes them. */
static void write_rows(const struct real *real, char *path, size_t path_bytes)
{
    struct real_row row;
    char expected[128];
    snprintf(path, path_bytes, "%s/rows.csv", real->folder);
    snprintf(expected, sizeof(expected), "%s/expected.tsv", real->folder);
    FILE *in = fopen(expected, "r"), *out = fopen(path, "w");
    assert_true(in != NULL && out != NULL);
    fprintf(out, "type,area,unit\n");
    while (next_row(in, &row))
        fprintf(out, "%s,%s,%s\n", row.type, row.where, row.unit);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static size_t lines_of(const char *path)
{
    size_t lines = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        lines += c == '\n';
    fclose(file);
    return lines;
}

/* A table that a person wrote, instead of one that was made from the same rows. */
static void pingshan_by_a_persons_table(void **state)
{
    (void)state;
    struct real real = {0};
    if (make_city(&real, "make_pingshan.py")) {
        struct policy *policy = NULL;
        struct faults faults = {0};
        struct buffer said = {0};
        struct against sum;
        char path[128];
        write_rows(&real, path, sizeof(path));
        if (config_load("ops/cities/pingshan", &policy, &faults) != 0 ||
            against_rows(policy, path, &sum, &said, &faults) != 0)
            fail_msg("%s", faults_text(&faults));
        print_message(
            "Pingshan by a person's table: %.1f %% of %zu rows to their unit, %zu unrouted, %zu contradictory\n",
            percent(sum.agree, sum.rows), sum.rows, sum.nobody, sum.contradictory);
        assert_int_equal(sum.rows, 2000);
        assert_true(percent(sum.agree, sum.rows) >= 75);
        assert_int_equal(sum.agree + sum.nobody + sum.elsewhere, sum.rows);
        assert_true(lines_of("ops/cities/pingshan/types.yaml") + lines_of("ops/cities/pingshan/routes.yaml") < 150);
        buffer_append(&said, "", 1);
        assert_non_null(strstr((const char *)said.data, "the rows contradict each other"));
        buffer_release(&said);
        policy_free(policy);
        faults_release(&faults);
    }
    drop_city(&real);
}

static void new_york_by_point_and_type(void **state)
{
    (void)state;
    struct real real = {0};
    if (make_city(&real, "make_nyc.py")) {
        struct tally tally = route_all(&real);
        size_t with_point = tally.rows - tally.without_point;
        print_message("New York: %zu rows, %zu without a point; borough %.2f %% of %zu, agency %.2f %% of %zu\n",
                      tally.rows, tally.without_point, percent(tally.in_its_borough, tally.with_borough),
                      tally.with_borough, percent(tally.to_its_unit, with_point), with_point);
        assert_int_equal(tally.rows, 3070);
        assert_int_equal(tally.without_point, 120);
        assert_true(percent(tally.in_its_borough, tally.with_borough) >= 99.5);
        assert_true(percent(tally.to_its_unit, with_point) >= 99);
    }
    drop_city(&real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pingshan_by_type_and_community),
        cmocka_unit_test(pingshan_by_a_persons_table),
        cmocka_unit_test(new_york_by_point_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
