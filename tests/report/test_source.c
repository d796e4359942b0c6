/* Reports of JSON, of logs that are being written, and of what is neither. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imgvec/report.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"
#include "shared_context.h"
#include "test.h"

static char folder[64], path[96];

#define TRIAL(id, begun, score)                                                                    \
    "{\"id\": " id ", \"status\": \"done\", \"backbone\": \"resnet18\", \"begun\": " begun         \
    ", \"seconds\": 10, \"score\": " score ", \"metrics\": {\"log_loss\": " score "}, \"curve\": " \
    "[{\"epoch\": 1, \"train_loss\": 1.5, \"valid_loss\": 1.25, \"score\": " score "}]}"

static void write_text(const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static char *of_file(const char *from, const char *name, const char *format)
{
    char *out;
    imgvec_error err;
    assert_ok(imgvec_report_file(ctx, from, name, format, &out, NULL, &err));
    return out;
}

/* A strict reader takes it: no name is there twice. */
static void check_json(const char *text)
{
    iv_json_document *doc;
    imgvec_error err;
    assert_ok(iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, &err));
    iv_json_free(doc);
}

/* A log whose lines end with a digest and whose last line is cut off. */
static void test_log(void **state)
{
    (void)state;
    write_text(
        "{\"kind\":\"trials\",\"format\":1,\"search\":\"0123\"}"
        "\t00112233445566778899aabbccddeeff\n" TRIAL(
            "0", "0",
            "0.9") "\t00112233445566778899aabbccddeeff\n" TRIAL("1", "12",
                                                                "0.4") "\n"
                                                                       "{\"id\": 2, \"score\"");
    char *json = of_file(folder, "trials", "json"); /* found in its folder */
    check_json(json);
    assert_non_null(strstr(json, "\"search\": \"0123\""));
    assert_non_null(strstr(json, "\"id\": 1"));
    assert_null(strstr(json, "\"id\": 2"));
    imgvec_text_free(json);
    /* The scorer is known by its value: less log loss is better. */
    json = of_file(path, "hyperparameters", "json");
    assert_non_null(strstr(json, "\"best_trial\": {\n    \"id\": 1"));
    imgvec_text_free(json);
    char *page = of_file(path, NULL, "html");
    assert_non_null(strstr(page, "Log loss"));
    assert_non_null(strstr(page, "id=\"curves\""));
    imgvec_text_free(page);
}

/* The curve of what is best so far goes by time, whatever order the trials stand in. */
static void test_order_of_trials(void **state)
{
    (void)state;
    char *one, *other;
    imgvec_error err;
    assert_ok(imgvec_report_json(ctx,
                                 "{\"auto\": {\"metric\": \"log_loss\", \"trials\": [" TRIAL(
                                     "0", "0", "0.9") "," TRIAL("1", "12", "0.4") "]}}",
                                 "trials", "svg", &one, NULL, &err));
    assert_ok(imgvec_report_json(ctx,
                                 "{\"auto\": {\"metric\": \"log_loss\", \"trials\": [" TRIAL(
                                     "1", "12", "0.4") "," TRIAL("0", "0", "0.9") "]}}",
                                 "trials", "svg", &other, NULL, &err));
    assert_string_equal(one, other);
    imgvec_text_free(one);
    imgvec_text_free(other);
}

static void test_what_is_not_known(void **state)
{
    (void)state;
    static const char *const bare[] = {
        "{}", "{\"task\": \"multiclass\"}", "{\"task\": 3, \"classes\": 4, \"auto\": []}",
        "{\"task\": \"binary\", \"classes\": [\"a\", 1], \"confusion\": [1, [2, \"x\", 5]], "
        "\"rows\": 1, \"importance\": [3], \"ablation\": [{}], \"options\": {\"lr\": []}, "
        "\"backbones\": [7], \"metrics_pooled\": {\"auc\": \"x\"}, \"metrics_ci\": {\"auc\": [1]}, "
        "\"duplicates\": {\"conflicts\": [{\"rows\": [null]}]}, \"problems\": [1], "
        "\"made_by\": {\"a\": 1}, \"fine_tune\": {\"networks\": [{\"train_loss\": [null, "
        "\"a\"]}]}, "
        "\"auto\": {\"trials\": [1, {\"score\": 1, \"curve\": [1, {}], \"lr\": {}}]}}"};
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++) {
        char *out;
        imgvec_error err;
        assert_ok(imgvec_report_json(ctx, bare[i], NULL, "html", &out, NULL, &err));
        assert_non_null(strstr(out, "</html>"));
        imgvec_text_free(out);
        assert_ok(imgvec_report_json(ctx, bare[i], NULL, "json", &out, NULL, &err));
        check_json(out);
        imgvec_text_free(out);
    }
}

/* Numbers that no row, count or share has, and lists longer than any model's. */
static void test_hostile_numbers(void **state)
{
    (void)state;
    imgvec_error err;
    char *out;
    iv_text text;
    iv_text_init(&text, ctx);
    iv_text_add(&text,
                "{\"task\": \"binary\", \"classes\": [\"a\", \"b\"], \"rows\": {\"used\": 1e300, "
                "\"total\": -1e300, \"held_out\": -5}, \"problems\": [{\"row\": 1e300}, {}], "
                "\"duplicates\": {\"conflicts\": [{\"rows\": [{\"row\": -1e300}]}]}, "
                "\"metrics_pooled\": {\"auc\": 1e300}, \"confusion\": [[9223372036854775807, "
                "9223372036854775807], [1, 2]], \"auto\": {\"trials\": [");
    for (int i = 0; i < 20000; i++)
        iv_text_addf(&text, "%s{\"id\":%d,\"score\":%d,\"begun\":%d}", i ? "," : "", i, i,
                     20000 - i);
    iv_text_add(&text, "]}, \"options\": {\"a\": 1");
    for (int i = 0; i < 20000; i++)
        iv_text_addf(&text, ",\"o%d\":1e300", i);
    iv_text_add(&text, "}}");
    char *json = iv_text_take(&text);
    assert_non_null(json);
    assert_ok(imgvec_report_json(ctx, json, NULL, "html", &out, NULL, &err));
    assert_non_null(strstr(out, "10000 trials"));
    assert_null(strstr(out, ">o5000<"));
    imgvec_text_free(out);
    assert_ok(imgvec_report_json(ctx, json, "quality", "json", &out, NULL, &err));
    check_json(out);
    imgvec_text_free(out);
    iv_free(ctx, json);
}

static void test_refused(void **state)
{
    (void)state;
    imgvec_error err;
    char *out;
    assert_fails(imgvec_report_json(ctx, "[]", NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 "no object");
    assert_fails(imgvec_report_json(ctx, "{", NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 "");
    assert_fails(imgvec_report_file(ctx, "/no/such", NULL, "html", &out, NULL, &err),
                 IMGVEC_ERR_NOT_FOUND, "/no/such");
    write_text("neither\nnor\n");
    assert_fails(imgvec_report_file(ctx, path, NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 "neither a model nor JSON");
    write_text("{\"search\": \"0123\"}\n" TRIAL("0", "0", "0.9") "\n{\"id\": 1, \n" TRIAL(
        "2", "12", "0.4") "\n");
    assert_fails(imgvec_report_file(ctx, path, NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 "line 3");
    char deep[512] = "{\"rows\": ";
    memset(deep + strlen(deep), '[', 40);
    memset(deep + strlen(deep), ']', 40);
    strcat(deep, "}");
    assert_fails(imgvec_report_json(ctx, deep, NULL, "json", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 "nested too deeply");
    write_text("");
    assert_fails(imgvec_report_file(ctx, path, NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 path);
    write_text("PK\x03\x04 and then nothing");
    assert_fails(imgvec_report_file(ctx, path, NULL, "html", &out, NULL, &err), IMGVEC_ERR_FORMAT,
                 path);
    unlink(path);
    assert_fails(imgvec_report_file(ctx, folder, NULL, "html", &out, NULL, &err),
                 IMGVEC_ERR_NOT_FOUND, "trials.jsonl");
    assert_null(out);
}

static int make_folder(void **state)
{
    strcpy(folder, "/tmp/imgvec-test-report-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/trials.jsonl", folder);
    return open_context(state);
}

static int remove_folder(void **state)
{
    unlink(path);
    rmdir(folder);
    return close_context(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_order_of_trials),
        cmocka_unit_test(test_what_is_not_known),
        cmocka_unit_test(test_hostile_numbers),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
