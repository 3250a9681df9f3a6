/* The text format of the telemetry. The module keeps one state for the process, so it is compiled into this program and
 * each case uses names of its own. */
#include "common/telemetry.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static struct buf page;

static void assert_rendered(const char *expected)
{
	buf_reset(&page);
	telemetry_render(&page);
	assert_true(buf_ok(&page));
	if (strstr(page.at, expected) == NULL)
		fail_msg("expected:\n%s\nin:\n%s", expected, page.at);
}

static void counters_add_up_per_label(void **state)
{
	(void)state;
	telemetry_count("a_total", "Things.", "kind=\"x\"", 1);
	telemetry_count("between_total", "Other things.", "", 1);
	telemetry_count("a_total", "Things.", "kind=\"y\"", 2);
	telemetry_count("a_total", "Things.", "kind=\"x\"", 3);
	assert_rendered("# HELP a_total Things.\n# TYPE a_total counter\na_total{kind=\"x\"} 4\na_total{kind=\"y\"} 2\n# HELP between");
}

static void a_gauge_keeps_the_last_value(void **state)
{
	(void)state;
	telemetry_set("depth", "Waiting.", "", 7);
	telemetry_set("depth", "Waiting.", "", -0.5);
	assert_rendered("# TYPE depth gauge\ndepth -0.5\n");
}

static void histogram_buckets_are_cumulative(void **state)
{
	(void)state;
	telemetry_observe("t_seconds", "Durations.", "m=\"x\"", 0.0005);
	telemetry_observe("t_seconds", "Durations.", "m=\"x\"", 0.5);
	telemetry_observe("t_seconds", "Durations.", "m=\"x\"", 99);
	assert_rendered("# TYPE t_seconds histogram\nt_seconds_bucket{m=\"x\",le=\"0.0005\"} 1\n");
	assert_rendered("t_seconds_bucket{m=\"x\",le=\"0.25\"} 1\nt_seconds_bucket{m=\"x\",le=\"0.5\"} 2\n");
	assert_rendered("le=\"10\"} 2\nt_seconds_bucket{m=\"x\",le=\"+Inf\"} 3\n");
	assert_rendered("t_seconds_sum{m=\"x\"} 99.500500000000002\nt_seconds_count{m=\"x\"} 3\n");
	telemetry_observe("u_seconds", "Durations.", "", 1);
	assert_rendered("u_seconds_bucket{le=\"1\"} 1\n");
}

static void series_beyond_the_maximum_are_counted_not_kept(void **state)
{
	(void)state;
	assert_rendered("effreg_telemetry_dropped_total 0\n");
	for (int i = 0; i < TELEMETRY_SERIES_MAX; i++) {
		char labels[32];
		snprintf(labels, sizeof labels, "n=\"%d\"", i);
		telemetry_count("many_total", "Too many.", labels, 1);
	}
	size_t before = telemetry.series_count;
	uint64_t dropped = telemetry.dropped;
	assert_int_equal(before, TELEMETRY_SERIES_MAX);
	assert_true(dropped > 0);
	telemetry_count("late_total", "Too late.", "", 1);
	telemetry_count("many_total", "Too many.", "n=\"0\"", 1);
	assert_int_equal(telemetry.dropped, dropped + 1);
	assert_rendered("many_total{n=\"0\"} 2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_add_up_per_label),
		cmocka_unit_test(a_gauge_keeps_the_last_value),
		cmocka_unit_test(histogram_buckets_are_cumulative),
		cmocka_unit_test(series_beyond_the_maximum_are_counted_not_kept),
	};
	buf_init(&page, (size_t)16 * 1024 * 1024);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_clear(&page);
	return failed;
}
