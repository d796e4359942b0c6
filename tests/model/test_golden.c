/* Model files of every version are opened by this one, and say of the kept rows what they said
 * then. Each folder tests/golden/VERSION/NAME has model.imgvec, data.csv and expected.csv.
 * The program also makes the two files that tests/golden/make asks it for. */
#include "model_support.h"

#include <dirent.h>
#include <sys/stat.h>

#include "io/json.h"

enum { ROWS = 24, PATH = 4096, MOST = 4096 };

static const char *join(char path[PATH], const char *folder, const char *name)
{
    int length = snprintf(path, PATH, "%s/%s", folder, name);
    assert_true(length > 0 && length < PATH);
    return path;
}

/* The kept rows, with the types that the model knows: what is inferred from cells may change. */
static imgvec_dataset *open_data(imgvec_context *ctx, const imgvec_model *model, const char *folder)
{
    char path[PATH], types[1024] = "";
    const char *info = imgvec_model_info(model), *name, *type;
    imgvec_dataset *ds;
    imgvec_error err;
    iv_json_document *doc;
    const iv_json *columns;
    size_t length = 0;
    assert_ok(iv_json_parse(ctx, info, strlen(info), 0, 0, &doc, &err));
    assert_ok(iv_json_array(iv_json_root(doc), "columns", &columns, &err));
    for (const iv_json *c = columns->as.first; c; c = c->next) {
        assert_ok(iv_json_text(c, "name", &name, &err));
        assert_ok(iv_json_text(c, "type", &type, &err));
        length += (size_t)snprintf(types + length, sizeof types - length, "%s%s=%s",
                                   length ? "," : "", name, type);
        assert_true(length < sizeof types);
    }
    iv_json_free(doc);
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_OPEN, "type", types, NULL);
    assert_ok(imgvec_dataset_open(ctx, join(path, folder, "data.csv"), o, NULL, &ds, &err));
    imgvec_options_free(o);
    return ds;
}

/* Scores the rows of a folder with its model. NEW outputs and predictions: free. */
static float *score(imgvec_context *ctx, const char *folder, imgvec_model **model, size_t *rows)
{
    char path[PATH];
    imgvec_error err;
    int32_t status[MOST];
    assert_ok(imgvec_model_open(ctx, join(path, folder, "model.imgvec"), NULL, model, &err));
    imgvec_dataset *ds = open_data(ctx, *model, folder);
    *rows = (size_t)imgvec_dataset_rows(ds);
    assert_in_range(*rows, 10, MOST);
    size_t count = *rows * (size_t)imgvec_model_outputs(*model), written;
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    assert_ok(imgvec_model_predict(*model, ds, NULL, values, count, &written, status, &err));
    assert_int_equal(written, count);
    for (size_t i = 0; i < *rows; i++)
        assert_int_equal(status[i], IMGVEC_OK);
    imgvec_dataset_free(ds);
    return values;
}

/* Every number of expected.csv: a line of the outputs' names, and one for each row. */
static void check_folder(imgvec_context *ctx, const char *folder)
{
    char path[PATH], line[4096], names[4096] = "";
    imgvec_model *model;
    size_t rows, row = 0, length = 0;
    float *values = score(ctx, folder, &model, &rows);
    int32_t outputs = imgvec_model_outputs(model);
    FILE *file = fopen(join(path, folder, "expected.csv"), "r");
    if (!file)
        fail_msg("no %s", path);
    for (int32_t k = 0; k < outputs; k++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", k ? "," : "",
                                   imgvec_model_output_name(model, k));
    assert_non_null(fgets(line, sizeof line, file));
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, names);
    for (; fgets(line, sizeof line, file); row++) {
        char *at = line;
        assert_true(row < rows);
        for (int32_t k = 0; k < outputs; k++, at++) {
            double was = strtod(at, &at), is = values[row * (size_t)outputs + (size_t)k];
            assert_true(*at == (k + 1 < outputs ? ',' : '\n'));
            if (!(fabs(is - was) <= 1e-6 * fmax(1, fabs(was))))
                fail_msg("%s, row %zu, output %d: %.9g, was %.9g", folder, row, (int)k, is, was);
        }
    }
    assert_int_equal(row, rows);
    fclose(file);
    free(values);
    imgvec_model_free(model);
    printf("# %s: %zu rows\n", folder, rows);
}

/* Calls `visit` for each folder in a folder. Returns their number. */
static int each_folder(imgvec_context *ctx, const char *root,
                       int (*visit)(imgvec_context *ctx, const char *folder))
{
    char path[PATH];
    struct stat st;
    int count = 0;
    DIR *dir = opendir(root);
    if (!dir)
        fail_msg("no folder %s", root);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && stat(join(path, root, entry->d_name), &st) == 0 &&
            S_ISDIR(st.st_mode))
            count += visit(ctx, path);
    closedir(dir);
    return count;
}

static int visit_model(imgvec_context *ctx, const char *folder)
{
    check_folder(ctx, folder);
    return 1;
}

static int visit_version(imgvec_context *ctx, const char *folder)
{
    return each_folder(ctx, folder, visit_model);
}

static void test_every_file(void **state)
{
    char root[PATH];
    const char *source = getenv("IMGVEC_TEST_SOURCE");
    imgvec_context *ctx = fake_context();
    assert_non_null(source);
    assert_true(each_folder(ctx, join(root, source, "tests/golden"), visit_version) >= 3);
    imgvec_context_free(ctx);
}

/* ---- making the files ---- */

static void write_shade(const char *folder, int row, iv_random *r, double shade)
{
    char path[PATH], name[32];
    uint8_t pixels[16 * 16 * 3];
    int grey = (int)(30 + 190 * shade);
    snprintf(name, sizeof name, "%02d.ppm", row);
    draw(r, (int[]){grey, grey, 90}, pixels);
    FILE *file = fopen(join(path, folder, name), "wb");
    assert_non_null(file);
    fputs("P6\n16 16\n255\n", file);
    assert_int_equal(fwrite(pixels, 1, sizeof pixels, file), sizeof pixels);
    assert_int_equal(fclose(file), 0);
}

/* Small images, and a model of their shade and another number. */
static void make_shade(imgvec_context *ctx, const char *folder)
{
    char path[PATH];
    imgvec_dataset *ds;
    imgvec_model *model;
    imgvec_error err;
    iv_random r;
    iv_random_seed(&r, 3, "golden");
    FILE *csv = fopen(join(path, folder, "data.csv"), "w");
    assert_non_null(csv);
    fputs("image,size,shade\n", csv);
    for (int i = 0; i < ROWS; i++) {
        double shade = iv_random_unit(&r), size = iv_random_unit(&r);
        write_shade(folder, i, &r, shade);
        fprintf(csv, "%02d.ppm,%.3f,%.3f\n", i, size, 10 * shade + size);
    }
    assert_int_equal(fclose(csv), 0);
    imgvec_options *o =
        make_options(ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_TRAIN, "type", "image=image,size=numeric",
                     "target", "shade", "backbone", tiny_backbone.id, "weights", "random", "dim",
                     "4", "learner", "xgboost", "image_features", "projection", "select_blocks",
                     "0", "ablation", "off", "insights", "0", "folds", "3", "rounds", "12", NULL);
    assert_ok(imgvec_dataset_open(ctx, path, o, NULL, &ds, &err));
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &model, &err));
    assert_ok(imgvec_model_save(model, join(path, folder, "model.imgvec"), &err));
    imgvec_options_free(o);
    imgvec_model_free(model);
    imgvec_dataset_free(ds);
}

static void make_expected(imgvec_context *ctx, const char *folder)
{
    char path[PATH];
    imgvec_model *model;
    size_t rows;
    float *values = score(ctx, folder, &model, &rows);
    int32_t outputs = imgvec_model_outputs(model);
    FILE *file = fopen(join(path, folder, "expected.csv"), "w");
    assert_non_null(file);
    for (int32_t k = 0; k < outputs; k++)
        fprintf(file, "%s%c", imgvec_model_output_name(model, k), k + 1 < outputs ? ',' : '\n');
    for (size_t i = 0; i < rows * (size_t)outputs; i++)
        fprintf(file, "%.9g%c", values[i], (i + 1) % (size_t)outputs ? ',' : '\n');
    assert_int_equal(fclose(file), 0);
    free(values);
    imgvec_model_free(model);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        imgvec_context *ctx = fake_context();
        (strcmp(argv[1], "draw") == 0 ? make_shade : make_expected)(ctx, argv[2]);
        imgvec_context_free(ctx);
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
