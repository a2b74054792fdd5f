/* A point becomes an area: coordinate systems, polygons, borders, bad files, and a hundred thousand squares. */
#include "city_rig.h"

#include <errno.h>
#include <math.h>
#include <time.h>

#include "broker/place/place.h"

struct placed {
    struct city_rig *rig;
    struct place_index *index;
    struct faults faults;
};

static int placed_setup(void **state)
{
    struct placed *placed = calloc(1, sizeof(*placed));
    city_setup((void **)&placed->rig);
    *state = placed;
    return 0;
}

static int placed_teardown(void **state)
{
    struct placed *placed = *state;
    place_free(placed->index);
    faults_release(&placed->faults);
    city_teardown((void **)&placed->rig);
    free(placed);
    return 0;
}

#define SQUARE(name, x0, y0, x1, y1)                                                                                   \
    "{\"type\":\"Feature\",\"properties\":{\"code\":" name "},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[["   \
    "[" #x0 "," #y0 "],[" #x1 "," #y0 "],[" #x1 "," #y1 "],[" #x0 "," #y1 "],[" #x0 "," #y0 "]]]}}"
#define FEATURES(list) "{\"type\":\"FeatureCollection\",\"features\":[" list "]}"

static int build(struct placed *placed, const char *geojson, const char *source)
{
    struct buffer text = {0};
    buffer_printf(
        &text, "areas: [{code: 620802}, {code: 620802001}, {code: 620802001001}, {code: 620802002}]\npolygons: [%s]\n",
        source);
    city_write_bytes(placed->rig, "areas.yaml", text.data, text.size);
    buffer_release(&text);
    city_write(placed->rig, "p.geojson", geojson);
    city_read_sound(placed->rig);
    place_free(placed->index);
    faults_release(&placed->faults);
    return place_build(placed->rig->policy, placed->rig->folder, &placed->index, &placed->faults);
}

static void build_sound(struct placed *placed, const char *geojson, const char *source)
{
    if (build(placed, geojson, source) != 0)
        fail_msg("unexpected faults:\n%s", faults_text(&placed->faults));
    assert_non_null(placed->index);
}

static const char *at(const struct placed *placed, double latitude, double longitude)
{
    return place_find(placed->index, 0, COORDINATES_WGS84, latitude, longitude);
}

#define BY_CODE "{file: p.geojson, property: code}"

/* --- finding --- */

static void a_point_is_in_its_polygon(void **state)
{
    struct placed *placed = *state;
    build_sound(
        placed,
        FEATURES(SQUARE("\"620802001\"", 106.0, 35.0, 106.5, 35.5) "," SQUARE("620802002", 106.5, 35.0, 107.0, 35.5)),
        BY_CODE);
    assert_string_equal(at(placed, 35.2, 106.2), "620802001");
    assert_string_equal(at(placed, 35.2, 106.7), "620802002"); /* a number in the property is a code too */
    assert_string_equal(at(placed, 35.6, 106.2), "");
    assert_string_equal(at(placed, 106.2, 35.2), ""); /* latitude and longitude the wrong way round */
    policy_free(placed->rig->policy);
    placed->rig->policy = NULL;
    assert_string_equal(at(placed, 35.2, 106.2), "620802001"); /* the index outlives the policy */
}

static void a_border_belongs_to_the_lowest(void **state)
{
    struct placed *placed = *state;
    build_sound(
        placed,
        FEATURES(SQUARE("620802002", 106.5, 35.0, 107.0, 35.5) "," SQUARE("620802001", 106.0, 35.0, 106.5, 35.5)),
        BY_CODE);
    assert_string_equal(at(placed, 35.2, 106.5), "620802002");
    assert_string_equal(at(placed, 35.5, 106.2), "620802001"); /* an outer border is inside */
}

/* At 35° a thousandth of a degree is 91 m to the east, and 111 m to the north. */
static void what_is_near_is_told_in_metres(void **state)
{
    struct placed *placed = *state;
    struct arena arena;
    size_t count = 9;
    struct place east = {.has_point = true, .system = COORDINATES_WGS84, .latitude = 35.2, .longitude = 106.501};
    struct place north = {.has_point = true, .system = COORDINATES_WGS84, .latitude = 35.501, .longitude = 106.2};
    arena_init(&arena);
    build_sound(
        placed,
        FEATURES(SQUARE("620802001", 106.0, 35.0, 106.5, 35.5) "," SQUARE("620802002", 106.5, 35.0, 107.0, 35.5)),
        BY_CODE);
    const char *const *codes = place_near(placed->index, &east, 90, &arena, &count);
    assert_int_equal(count, 1);
    assert_string_equal(codes[0], "620802002"); /* its own */
    codes = place_near(placed->index, &east, 92, &arena, &count);
    assert_int_equal(count, 2);
    assert_string_equal(codes[0], "620802001");
    place_near(placed->index, &north, 110, &arena, &count);
    assert_int_equal(count, 0);
    place_near(placed->index, &north, 113, &arena, &count);
    assert_int_equal(count, 1);
    assert_null(place_near(NULL, &north, 113, &arena, &count));
    assert_int_equal(count, 0);
    arena_release(&arena);
}

static void holes_are_outside_and_parts_are_inside(void **state)
{
    struct placed *placed = *state;
    build_sound(
        placed,
        FEATURES("{\"properties\":{\"code\":\"620802001\"},\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":["
                 "[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[3,3],[6,3],[6,6],[3,6],[3,3]]],"
                 "[[[20,20],[21,20],[21,21],[20,20]]]]}}"),
        BY_CODE);
    assert_string_equal(at(placed, 1, 1), "620802001");
    assert_string_equal(at(placed, 4.5, 4.5), "");
    assert_string_equal(at(placed, 20.2, 20.8), "620802001");
    assert_string_equal(at(placed, 12, 12), "");
}

static void values_are_translated(void **state)
{
    struct placed *placed = *state;
    const char *source = "{file: p.geojson, property: code, codes: {BRONX: \"620802001\", 国: 620802002}}";
    build_sound(placed, FEATURES(SQUARE("\"BRONX\"", 0, 0, 1, 1) "," SQUARE("\"国\"", 2, 2, 3, 3)), source);
    assert_string_equal(at(placed, 0.5, 0.5), "620802001");
    assert_string_equal(at(placed, 2.5, 2.5), "620802002");
    assert_int_equal(build(placed, FEATURES(SQUARE("\"QUEENS\"", 0, 0, 1, 1)), source), -EINVAL);
    assert_non_null(strstr(faults_text(&placed->faults), "p.geojson: feature 1: 'QUEENS' is not among the codes"));
}

static void no_number_is_a_place(void **state)
{
    struct placed *placed = *state;
    build_sound(placed, FEATURES(SQUARE("620802001", -180, -90, 180, 90)), BY_CODE);
    assert_string_equal(at(placed, 0, 0), "620802001");
    assert_string_equal(at(placed, NAN, 1), "");
    assert_string_equal(at(placed, 1, INFINITY), "");
    assert_string_equal(at(placed, 91, 0), "");
    assert_string_equal(place_find(NULL, 0, COORDINATES_WGS84, 1, 1), "");
}

static void without_polygons_there_is_no_index(void **state)
{
    struct placed *placed = *state;
    city_read_sound(placed->rig);
    assert_int_equal(place_build(placed->rig->policy, placed->rig->folder, &placed->index, &placed->faults), 0);
    assert_null(placed->index);
}

/* --- bad files --- */

static const struct {
    const char *text, *said;
} wrongs[] = {
    {"{", "p.geojson:1:1: not JSON"},
    {"[]", "not a FeatureCollection"},
    {"{\"features\":[{}]}", "feature 1: property 'code' is missing"},
    {"{\"features\":[{\"properties\":{\"code\":1.5}}]}",
     "feature 1: property 'code' is neither text nor a whole number"},
    {"{\"features\":[{\"properties\":{\"code\":\"620802001\"},\"geometry\":null}]}",
     "feature 1: its geometry is missing"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}]}",
     "feature 1: its geometry is Point; an area is a Polygon"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[]}}]}",
     "feature 1: coordinates are empty"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
     "[[[0,0],[1,0],[\"x\",1],[0,0]]]}}]}",
     "feature 1: a position is not [longitude, latitude]"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
     "[[[0,0],[1,0],[200000,4000000],[0,0]]]}}]}",
     "feature 1: a position is not [longitude, latitude]"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
     "[[[0,0],[1,0],[1,1],[0,1]]]}}]}",
     "a ring has four positions or more and ends where it begins"},
    {"{\"features\":[{\"properties\":{\"code\":\"1\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
     "[[[0,0],[1,0],[1,1],[0,1],[0,0]],[[0,0],[1,1]]]}}]}",
     "a ring has four positions or more"},
    {FEATURES(SQUARE("620802009", 0, 0, 1, 1)), "feature 1: unknown area '620802009'; add it to areas.yaml"},
    {"{\"crs\":{\"properties\":{\"name\":\"EPSG:4547\"}},\"features\":[]}", "coordinates are in 'EPSG:4547'"},
    {FEATURES(SQUARE("620802001", 0, 0, 1, 1) ","
                                              "{\"properties\":{\"code\":620802002},\"geometry\":{\"type\":\"Polygon\","
                                              "\"coordinates\":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}}"),
     "feature 2: invalid polygon: Self-intersection"},
};

static void bad_files_are_told_by_feature(void **state)
{
    struct placed *placed = *state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        assert_int_equal(build(placed, wrongs[i].text, BY_CODE), -EINVAL);
        assert_null(placed->index);
        if (strstr(faults_text(&placed->faults), wrongs[i].said) == NULL)
            fail_msg("expected '%s' in:\n%s", wrongs[i].said, faults_text(&placed->faults));
    }
}

/* --- coordinate systems --- */

static double metres_apart(double latitude_a, double longitude_a, double latitude_b, double longitude_b)
{
    double north = (latitude_a - latitude_b) * 111195,
           east = (longitude_a - longitude_b) * 111195 * cos(latitude_a / 57.29578);
    return hypot(north, east);
}

struct pair {
    double latitude, longitude;
};

static void expect_same(enum coordinate_system a, struct pair in_a, enum coordinate_system b, struct pair in_b)
{
    place_to_wgs84(a, &in_a.latitude, &in_a.longitude);
    place_to_wgs84(b, &in_b.latitude, &in_b.longitude);
    assert_true(metres_apart(in_a.latitude, in_a.longitude, in_b.latitude, in_b.longitude) < 1);
}

/* 天安门 in pairs of systems, as the usual converters give them. */
static void known_points_are_converted(void **state)
{
    (void)state;
    expect_same(COORDINATES_GCJ02, (struct pair){39.916404281, 116.410244499}, COORDINATES_WGS84,
                (struct pair){39.915, 116.404});
    expect_same(COORDINATES_BD09, (struct pair){39.921336994, 116.410369494}, COORDINATES_GCJ02,
                (struct pair){39.915, 116.404});
    expect_same(COORDINATES_BD09, (struct pair){39.915, 116.404}, COORDINATES_GCJ02,
                (struct pair){39.908656740, 116.397627291});
}

static void systems_differ_by_hundreds_of_metres(void **state)
{
    (void)state;
    double latitude = 35.5428, longitude = 106.6654; /* 平凉 */
    place_to_wgs84(COORDINATES_GCJ02, &latitude, &longitude);
    double moved = metres_apart(latitude, longitude, 35.5428, 106.6654);
    assert_true(moved > 100 && moved < 1000);
    latitude = 35.5428, longitude = 106.6654;
    place_to_wgs84(COORDINATES_BD09, &latitude, &longitude);
    assert_true(metres_apart(latitude, longitude, 35.5428, 106.6654) > moved);
    latitude = 35.5428, longitude = 106.6654;
    place_to_wgs84(COORDINATES_CGCS2000, &latitude, &longitude);
    assert_true(metres_apart(latitude, longitude, 35.5428, 106.6654) < 1e-6);
    latitude = 40.7, longitude = -74; /* maps outside China are not shifted */
    place_to_wgs84(COORDINATES_GCJ02, &latitude, &longitude);
    assert_true(metres_apart(latitude, longitude, 40.7, -74) < 1e-6);
}

static void the_system_decides_the_area(void **state)
{
    struct placed *placed = *state;
    build_sound(placed,
                FEATURES(SQUARE("620802001", 106.664, 35.542, 106.666, 35.544) "," SQUARE("620802002", 106.6, 35.5,
                                                                                          106.664, 35.6)),
                BY_CODE);
    assert_string_equal(place_find(placed->index, 0, COORDINATES_WGS84, 35.543, 106.665), "620802001");
    assert_string_equal(place_find(placed->index, 0, COORDINATES_CGCS2000, 35.543, 106.665), "620802001");
    assert_string_equal(place_find(placed->index, 0, COORDINATES_GCJ02, 35.543, 106.665), "620802002");
}

/* --- size --- */

#define SIDE 316 /* squares along a side: 99,856 in all */

static void write_grid(struct placed *placed)
{
    struct buffer text = {0}, areas = {0};
    buffer_printf(&text, "{\"features\":[");
    buffer_printf(&areas, "areas:\n- {code: 1}\n");
    for (int row = 0; row < SIDE; row++) {
        for (int column = 0; column < SIDE; column++) {
            double x = column / 100.0, y = row / 100.0;
            buffer_printf(&text,
                          "%s{\"properties\":{\"code\":1%03d%03d},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"
                          "[[[%f,%f],[%f,%f],[%f,%f],[%f,%f],[%f,%f]]]}}",
                          row + column == 0 ? "" : ",", row, column, x, y, x + 0.01, y, x + 0.01, y + 0.01, x, y + 0.01,
                          x, y);
            buffer_printf(&areas, "- {code: 1%03d%03d}\n", row, column);
        }
    }
    buffer_printf(&text, "]}");
    buffer_printf(&areas, "polygons: [{file: p.geojson, property: code}]\n");
    city_write_bytes(placed->rig, "p.geojson", text.data, text.size);
    city_write_bytes(placed->rig, "areas.yaml", areas.data, areas.size);
    city_write(placed->rig, "city.yaml", "name: 格\ncity: 1\nlevels: [{name: a, digits: 1}, {name: b, digits: 7}]\n");
    city_write(placed->rig, "units.yaml", "units: [{id: cg}, {id: hw}]\n");
    buffer_release(&text);
    buffer_release(&areas);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_hundred_thousand_polygons(void **state)
{
    struct placed *placed = *state;
    write_grid(placed);
    const struct policy *policy = city_read_sound(placed->rig);
    double begin = seconds();
    assert_int_equal(place_build(policy, placed->rig->folder, &placed->index, &placed->faults), 0);
    double built = seconds();
    char expected[16];
    for (int i = 0; i < SIDE * SIDE; i++) { /* every centre is in its own square */
        int row = i / SIDE, column = i % SIDE;
        snprintf(expected, sizeof(expected), "1%03d%03d", row, column);
        assert_string_equal(at(placed, row / 100.0 + 0.005, column / 100.0 + 0.005), expected);
    }
    print_message("%d polygons: built in %.2f s, found in %.2f µs each\n", SIDE * SIDE, built - begin,
                  (seconds() - built) * 1e6 / (SIDE * SIDE));
    assert_string_equal(at(placed, 3.2, 1), "");
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, placed_setup, placed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(a_point_is_in_its_polygon),
        PLACE_TEST(a_border_belongs_to_the_lowest),
        PLACE_TEST(what_is_near_is_told_in_metres),
        PLACE_TEST(holes_are_outside_and_parts_are_inside),
        PLACE_TEST(values_are_translated),
        PLACE_TEST(no_number_is_a_place),
        PLACE_TEST(without_polygons_there_is_no_index),
        PLACE_TEST(bad_files_are_told_by_feature),
        cmocka_unit_test(known_points_are_converted),
        cmocka_unit_test(systems_differ_by_hundreds_of_metres),
        PLACE_TEST(the_system_decides_the_area),
        PLACE_TEST(a_hundred_thousand_polygons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
