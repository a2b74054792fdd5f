#include <math.h>
#include <stdbool.h>

#include "broker/place/place.h"

/* GCJ-02 shifts WGS84 by a published formula with no closed inverse; BD-09 shifts GCJ-02 once more. Both shifts change
 * slowly over the ground, so the inverse is found by taking the shift off until the point no longer moves. */

struct point {
    double latitude, longitude;
};

#define PI           3.14159265358979324
#define AXIS_M       6378245.0              /* of Krasovsky's ellipsoid */
#define ECCENTRICITY 0.00669342162296594323 /* its square */
#define STEPS_MAX    20
#define STILL_DEG    1e-10 /* a hundredth of a millimetre */

/* --- WGS84 to GCJ-02 --- */

/* The rectangle inside which maps are shifted. */
static bool is_shifted(struct point p)
{
    return p.longitude >= 72.004 && p.longitude <= 137.8347 && p.latitude >= 0.8293 && p.latitude <= 55.8271;
}

static double short_waves(double x)
{
    return (20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI)) * 2.0 / 3.0;
}

static double north_m(double x, double y)
{
    return -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + short_waves(x) +
           (20.0 * sin(y * PI) + 40.0 * sin(y / 3.0 * PI)) * 2.0 / 3.0 +
           (160.0 * sin(y / 12.0 * PI) + 320.0 * sin(y / 30.0 * PI)) * 2.0 / 3.0;
}

static double east_m(double x, double y)
{
    return 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + short_waves(x) +
           (20.0 * sin(x * PI) + 40.0 * sin(x / 3.0 * PI)) * 2.0 / 3.0 +
           (150.0 * sin(x / 12.0 * PI) + 300.0 * sin(x / 30.0 * PI)) * 2.0 / 3.0;
}

static struct point gcj02_of_wgs84(struct point p)
{
    if (!is_shifted(p))
        return p;
    double x = p.longitude - 105.0, y = p.latitude - 35.0, radians = p.latitude / 180.0 * PI;
    double flattening = 1 - ECCENTRICITY * sin(radians) * sin(radians), root = sqrt(flattening);
    double meridian_m = AXIS_M * (1 - ECCENTRICITY) / (flattening * root), parallel_m = AXIS_M / root * cos(radians);
    return (struct point){.latitude = p.latitude + north_m(x, y) * 180.0 / (meridian_m * PI),
                          .longitude = p.longitude + east_m(x, y) * 180.0 / (parallel_m * PI)};
}

/* --- GCJ-02 to BD-09 --- */

static struct point bd09_of_gcj02(struct point p)
{
    double wave = PI * 3000.0 / 180.0;
    double radius = hypot(p.longitude, p.latitude) + 0.00002 * sin(p.latitude * wave);
    double angle = atan2(p.latitude, p.longitude) + 0.000003 * cos(p.longitude * wave);
    return (struct point){.latitude = radius * sin(angle) + 0.006, .longitude = radius * cos(angle) + 0.0065};
}

/* --- and back --- */

static struct point inverse(struct point (*shift)(struct point), struct point target)
{
    struct point guess = target;
    for (int step = 0; step < STEPS_MAX; step++) {
        struct point there = shift(guess);
        double latitude = there.latitude - target.latitude, longitude = there.longitude - target.longitude;
        guess.latitude -= latitude;
        guess.longitude -= longitude;
        if (fabs(latitude) < STILL_DEG && fabs(longitude) < STILL_DEG)
            break;
    }
    return guess;
}

void place_to_wgs84(enum coordinate_system system, double *latitude, double *longitude)
{
    struct point p = {*latitude, *longitude};
    if (system == COORDINATES_BD09)
        p = inverse(bd09_of_gcj02, p);
    if (system == COORDINATES_BD09 || system == COORDINATES_GCJ02)
        p = inverse(gcj02_of_wgs84, p);
    *latitude = p.latitude;
    *longitude = p.longitude;
}
