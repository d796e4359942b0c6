#include "pth_test.h"

/* Frees the pickle. Both containers must give the same answer. */
static imgvec_status open_pickle(pth_bytes *pickle, iv_tensors **set)
{
    iv_tensors *legacy_set;
    pth_bytes legacy = make_pth_legacy(pickle, &one_storage, 1);
    imgvec_status expected = open_bytes(legacy.data, legacy.size, &legacy_set);
    char text[sizeof err.text];
    snprintf(text, sizeof text, "%s", err.text);
    pth_bytes zip = make_pth_zip(pickle, &one_storage, 1, "little");
    imgvec_status status = open_bytes(zip.data, zip.size, set);
    if (status != expected)
        fail_msg("%d \"%s\" against %d \"%s\"", status, err.text, expected, text);
    if (*set) {
        assert_int_equal((*set)->count, legacy_set->count);
        for (size_t i = 0; i < legacy_set->count; i++)
            assert_memory_equal((*set)->items[i].data, legacy_set->items[i].data,
                                legacy_set->items[i].count * sizeof(float));
    }
    iv_tensors_free(legacy_set);
    free(legacy.data);
    free(zip.data);
    free(pickle->data);
    memset(pickle, 0, sizeof *pickle);
    return status;
}

/* {"w": tensor} */
static pth_bytes pickle_of(const pth_view *v)
{
    pth_bytes b = {0};
    PTH(&b, "\x80\x02}");
    pth_put_text(&b, "w");
    pth_put_tensor(&b, v);
    PTH(&b, "s.");
    return b;
}

static void reads_views(void **state)
{
    (void)state;
    static const struct {
        pth_view view;
        int count;
        float expected[12];
    } cases[] = {
        {{"FloatStorage", "0", 8, 0, 2, {2, 4}, {4, 1}, 0}, 8, {1, -2, 3, -4, 5, -6, 7, -8}},
        {{"FloatStorage", "0", 8, 0, 2, {4, 2}, {1, 4}, 0}, 8, {1, 5, -2, -6, 3, 7, -4, -8}},
        {{"FloatStorage", "0", 8, 3, 1, {2}, {4}, 0}, 2, {-4, -8}},
        {{"FloatStorage", "0", 8, 7, 0, {0}, {0}, 0}, 1, {-8}},
        {{"FloatStorage", "0", 8, 1, 2, {3, 2}, {0, 1}, 0}, 6, {-2, 3, -2, 3, -2, 3}},
        {{"FloatStorage", "0", 8, 0, 3, {2, 2, 2}, {1, 4, 2}, 0}, 8, {1, 3, 5, 7, -2, -4, -6, -8}},
        {{"FloatStorage", "0", 8, 0, 2, {1, 8}, {777, 1}, 0}, 8, {1, -2, 3, -4, 5, -6, 7, -8}},
        {{"FloatStorage", "0", 8, 0, 2, {0, 3}, {3, 1}, 0}, 0, {0}},
        {{"FloatStorage", "0", 8, 9999, 1, {0}, {1}, 0}, 0, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set;
        pth_bytes b = pickle_of(&cases[i].view);
        assert_ok(open_pickle(&b, &set));
        const iv_tensor *t = iv_tensors_find(set, "w");
        assert_int_equal(t->count, cases[i].count);
        assert_int_equal(t->rank, cases[i].view.rank);
        for (int k = 0; k < t->rank; k++)
            assert_int_equal(t->shape[k], cases[i].view.shape[k]);
        assert_memory_equal(t->data, cases[i].expected, t->count * sizeof(float));
        iv_tensors_free(set);
    }
}

/* A storage of nothing, in a member of nothing and in one of something. */
static void reads_empty_storages(void **state)
{
    (void)state;
    for (size_t size = 0; size < 8; size += 4) {
        iv_tensors *set;
        const pth_storage s = {"0", values, size, 0};
        pth_bytes b = pickle_of(&(pth_view){"HalfStorage", "0", 0, 0, 1, {0}, {1}, 0});
        pth_bytes zip = make_pth_zip(&b, &s, 1, NULL);
        assert_ok(open_bytes(zip.data, zip.size, &set));
        assert_int_equal(set->items[0].count, 0);
        iv_tensors_free(set);
        free(b.data);
        free(zip.data);
    }
}

static void refuses_views(void **state)
{
    (void)state;
    static const struct {
        pth_view view;
        imgvec_status status;
        const char *text;
    } cases[] = {
        {{"FloatStorage", "0", 8, 1, 1, {8}, {1}, 0}, IMGVEC_ERR_FORMAT, "reaches past"},
        {{"FloatStorage", "0", 8, 0, 1, {9}, {1}, 0}, IMGVEC_ERR_FORMAT, "reaches past"},
        {{"FloatStorage", "0", 8, 8, 0, {0}, {0}, 0}, IMGVEC_ERR_FORMAT, "reaches past"},
        {{"FloatStorage", "0", 8, 0, 2, {2, 2}, {7, 1}, 0}, IMGVEC_ERR_FORMAT, "reaches past"},
        {{"FloatStorage", "0", 8, INT64_MAX, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "tensor w"},
        {{"FloatStorage", "0", 8, 0, 1, {2}, {INT64_MAX}, 0}, IMGVEC_ERR_FORMAT, "tensor w"},
        {{"FloatStorage", "0", 8, -1, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "negative"},
        {{"FloatStorage", "0", 8, 0, 1, {-1}, {1}, 0}, IMGVEC_ERR_FORMAT, "negative"},
        {{"FloatStorage", "0", 8, 7, 1, {2}, {-1}, 0}, IMGVEC_ERR_FORMAT, "negative"},
        {{"FloatStorage", "0", 8, 0, 2, {INT64_MAX, 4}, {0, 0}, 0}, IMGVEC_ERR_FORMAT, "shape"},
        {{"FloatStorage", "0", 8, 0, 1, {1000000000}, {0}, 0}, IMGVEC_ERR_LIMIT, "proportion"},
        {{"FloatStorage", "0", 8, 0, 1, {INT64_MAX / 8}, {0}, 0}, IMGVEC_ERR_LIMIT, "proportion"},
        {{"FloatStorage", "0", 9, 0, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "storage \"0\""},
        {{"FloatStorage", "1", 8, 0, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "stor"},
        {{"FloatStorage", "0", INT64_MAX, 0, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "impossible"},
        {{"FloatStorage", "0", -8, 0, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "storage"},
        {{"QInt8Storage", "0", 8, 0, 1, {1}, {1}, 0}, IMGVEC_ERR_FORMAT, "torch.QInt8Storage"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set;
        pth_bytes b = pickle_of(&cases[i].view);
        assert_fails(open_pickle(&b, &set), cases[i].status, cases[i].text);
    }
}

static void reads_every_dtype(void **state)
{
    (void)state;
    static const struct {
        const char *storage, *dtype;
        unsigned char bytes[8];
        int size;
        float value;
    } cases[] = {{"FloatStorage", "F32", {0, 0, 0x80, 0x3E}, 4, 0.25f},
                 {"HalfStorage", "F16", {0xFF, 0xFB}, 2, -65504},
                 {"BFloat16Storage", "BF16", {0x80, 0x3F}, 2, 1},
                 {"DoubleStorage", "F64", {0, 0, 0, 0, 0, 0, 0, 0xC0}, 8, -2},
                 {"LongStorage", "I64", {0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF}, 8, -1099511627776.0f},
                 {"IntStorage", "I32", {0x90, 0xEE, 0xFE, 0xFF}, 4, -70000},
                 {"ShortStorage", "I16", {0xD4, 0xFE}, 2, -300},
                 {"CharStorage", "I8", {0xF9}, 1, -7},
                 {"ByteStorage", "U8", {0xF9}, 1, 249},
                 {"BoolStorage", "BOOL", {1}, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set;
        const pth_storage s = {"0", cases[i].bytes, (size_t)cases[i].size, 1};
        pth_bytes b = pickle_of(
            &(pth_view){.storage = cases[i].storage, .key = "0", .count = 1, .offset = 0});
        pth_bytes zip = make_pth_zip(&b, &s, 1, NULL);
        assert_ok(open_bytes(zip.data, zip.size, &set));
        assert_string_equal(set->items[0].dtype, cases[i].dtype);
        assert_true(set->items[0].data[0] == cases[i].value);
        iv_tensors_free(set);
        free(b.data);
        free(zip.data);
    }
}

typedef struct raw {
    const char *bytes;
    size_t size;
    const char *text;
} raw;
#define RAW(bytes, text)                                                                           \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, text                                                             \
    }

static void reads_what_torch_has_written(void **state)
{
    (void)state;
    static const raw cases[] = {
        RAW(ONE_TENSOR, "w"),
        /* without a protocol, with attributes, as OrderedDict */
        RAW("ccollections\nOrderedDict\n)R(X\1\0\0\0w" TENSOR "u}X\11\0\0\0_metadata}sb.", "w"),
        /* as Python 2 wrote it: short byte strings, an OrderedDict of pairs */
        RAW(HEAD "ccollections\nOrderedDict\n](](U\1w" TENSOR "ee\x85R.", "w"),
        RAW(HEAD "}U\1wctorch._utils\n_rebuild_tensor\n((U\7storagectorch\nFloatStorage\nU\0010U\3"
                 "cpuK\10NtQK\0K\10\x85K\1\x85tRs.",
            "w"),
        /* a parameter, on a GPU */
        RAW(HEAD "}X\1\0\0\0wctorch._utils\n_rebuild_parameter\n(ctorch._utils\n_rebuild_tensor_v2"
                 "\n((X\7\0\0\0storagectorch.cuda\nFloatStorage\nX\1\0\0\0000X\6\0\0\0cuda:0K\10tQ"
                 "K\0K\10\x85K\1\x85\x89}tR\x88}tRs.",
            "w"),
        /* the third way to build tensors names the dtype */
        RAW(HEAD "}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v3\n((X\7\0\0\0storagectorch.storage\n"
                 "UntypedStorage\nX\1\0\0\0000X\3\0\0\0cpuK\40tQK\0K\10\x85K\1\x85\x89}"
                 "ctorch\nfloat32\ntRs.",
            "w"),
        /* wrapped, beside numbers, lists, sizes and an optimizer's state */
        RAW(HEAD "}(X\5\0\0\0epochK\3X\2\0\0\0lrG?\xF0\0\0\0\0\0\0X\4\0\0\0none"
                 "NX\1\0\0\0l](K\1\x88M\1\1J\xFF\xFF\xFF\xFF\x8A\2\1\2eX\1\0\0\0sctorch\nSize\n"
                 "K\1K\2\x86\x85RX\3\0\0\0opt}(K\0}K\1" TENSOR "uX\5\0\0\0model}X\1\0\0\0w" TENSOR
                 "su.",
            "w"),
        RAW(HEAD "}X\5\0\0\0model}X\12\0\0\0state_dict}X\22\0\0\0module._orig_mod.w" TENSOR "sss.",
            "w"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set = NULL;
        const pth_storage s = {"0", values, sizeof values, i == 5 ? 32 : 8};
        pth_bytes b = {0};
        pth_put(&b, cases[i].bytes, cases[i].size);
        pth_bytes files[2] = {make_pth_zip(&b, &s, 1, NULL), make_pth_legacy(&b, &s, 1)};
        for (int k = 0; k < 2; k++) {
            if (open_bytes(files[k].data, files[k].size, &set) != IMGVEC_OK)
                fail_msg("case %zu, container %d: %s", i, k, err.text);
            assert_int_equal(set->count, 1);
            const iv_tensor *t = iv_tensors_find(set, cases[i].text);
            assert_non_null(t);
            assert_int_equal(t->count, 8);
            assert_memory_equal(t->data, values, sizeof values);
            iv_tensors_free(set);
            free(files[k].data);
        }
        free(b.data);
    }
}

static void refuses_pickles(void **state)
{
    (void)state;
    static const raw cases[] = {
        RAW(HEAD "cos\nsystem\nX\2\0\0\0ls\x85R.", "os.system: refused, nothing was run"),
        RAW(HEAD "cposix\nsystem\n.", "posix.system"),
        RAW(HEAD "cbuiltins\neval\n.", "builtins.eval"),
        RAW(HEAD "c__builtin__\ngetattr\n.", "__builtin__.getattr"),
        RAW(HEAD "ctorch\nload\n.", "torch.load"),
        RAW(HEAD "cnumpy.core.multiarray\nscalar\n.", "numpy.core.multiarray.scalar"),
        RAW(HEAD "ccollections\nOrderedDict.update\n.", "collections.OrderedDict.update"),
        RAW(HEAD "ctorch\nFloatStorage\n)R.", "torch.FloatStorage, which torch never does"),
        RAW(HEAD "(ios\nsystem\n.", "os.system"),
        RAW(HEAD "(icollections\nOrderedDict\n.", "instance"),
        RAW(HEAD "c\x1b[2J\nx\n.", "\\x1b[2J.x"),
        RAW("\x80\4\x95\0\0\0\0\0\0\0\0}.", "protocol 4"),
        RAW(HEAD "\x93.", "0x93"),
        RAW(HEAD "S'a'\n.", "0x53"),
        RAW(HEAD ".", "one value"),
        RAW(HEAD "}}.", "one value"),
        RAW(HEAD "(}.", "one value"),
        RAW(HEAD "a.", "too little"),
        RAW(HEAD "}Ns.", "too little"),
        RAW(HEAD "}(Nu.", "without a value"),
        RAW(HEAD "}(NNu.", "no text and no integer"),
        RAW(HEAD "}}Ns.", "no text and no integer"),
        RAW(HEAD "])Na.", "no list"),
        RAW(HEAD "]K\1K\2s.", "no dictionary"),
        RAW(HEAD "ctorch\nSize\nK\1K\2s.", "no dictionary"),
        RAW(HEAD "}Na.", "no list"),
        RAW(HEAD "}t.", "no mark"),
        RAW(HEAD "u.", "no mark"),
        RAW(HEAD "\x87.", "too little"),
        RAW(HEAD "(}(t.", "one value"),
        RAW(HEAD "](a.", "too little"),
        RAW(HEAD "h\0.", "never there"),
        RAW(HEAD "}q\1h\0.", "never there"),
        RAW(HEAD "}q\3.", "impossible number"),
        RAW(HEAD "}r\xFF\xFF\xFF\xFF.", "impossible number"),
        RAW(HEAD "q\0.", "too little"),
        RAW(HEAD "}}R.", "cannot be called"),
        RAW(HEAD "}}b.", "attributes"),
        RAW(HEAD "ccollections\nOrderedDict\nK\1\x85R.", "other arguments"),
        RAW(HEAD "ccollections\nOrderedDict\n]K\1a\x85R.", "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_tensor_v2\n)R.", "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.", "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0K\1K\1tR.", "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0K\1\x85)tR.",
            "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0\x88\x85K\1\x85tR.",
            "other arguments"),
        RAW(HEAD "ctorch._utils\n_rebuild_parameter\nN\x85R.", "other arguments"),
        RAW(HEAD ")Q.", "described as torch never does"),
        RAW(HEAD "X\1\0\0\0aQ.", "described as torch never does"),
        RAW(HEAD "(X\6\0\0\0moduleNNNtQ.", "state_dict()"),
        RAW(HEAD "}" STORAGE "0.", "0x30"),
        RAW(HEAD "}(X\1\0\0\0wNX\1\0\0\0wNu.", "\"w\" is there twice"),
        RAW(HEAD "}X\1\0\0\0a}X\1\0\0\0wNsX\1\0\0\0wNss.", "\"w\" is there twice"),
        RAW(HEAD "}.", "no tensors with names"),
        RAW(HEAD "].", "no tensors with names"),
        RAW(HEAD TENSOR ".", "no tensors with names"),
        RAW(HEAD "}K\1" TENSOR "s.", "no tensors with names"),
        RAW(HEAD "}X\1\0\0\0wNs.", "no tensors with names"),
        RAW(HEAD "}(X\1\0\0\0w" TENSOR "X\10\0\0\0module.w" TENSOR "u.", "tensor w is there twice"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_tensors *set;
        pth_bytes b = {0};
        pth_put(&b, cases[i].bytes, cases[i].size);
        imgvec_status status = open_pickle(&b, &set);
        if ((status != IMGVEC_ERR_FORMAT && status != IMGVEC_ERR_UNSUPPORTED) ||
            !strstr(err.text, cases[i].text))
            fail_msg("case %zu, wanted \"%s\": %d \"%s\"", i, cases[i].text, status, err.text);
    }
}

static void names_in_large_dictionaries(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        iv_tensors *set;
        pth_bytes b = {0};
        char name[20];
        PTH(&b, HEAD "}(");
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "layer%d", twice && i == 999 ? 500 : i);
            pth_put_text(&b, name);
            PTH(&b, TENSOR);
        }
        PTH(&b, "u.");
        imgvec_status status = open_pickle(&b, &set);
        if (twice) {
            assert_int_equal(status, IMGVEC_ERR_FORMAT);
            assert_non_null(strstr(err.text, "\"layer500\" is there twice"));
        } else {
            assert_int_equal(status, IMGVEC_OK);
            assert_int_equal(set->count, 1000);
        }
        iv_tensors_free(set);
    }
}

/* The state_dict under each name alone, and the plain one before the averaged one. */
static void unwraps(void **state)
{
    (void)state;
    static const char *const names[] = {"state_dict", "model",          "model_state_dict",
                                        "net",        "state_dict_ema", "model_ema"};
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 6; b++) {
            iv_tensors *set;
            pth_bytes p = {0};
            size_t keys[2] = {a, b};
            PTH(&p, HEAD "}");
            for (int k = 0; k < (a == b ? 1 : 2); k++) {
                pth_put_text(&p, names[keys[k]]);
                PTH(&p, "}");
                pth_put_text(&p, names[keys[k]][0] == 's' ? "module.s" : "other");
                PTH(&p, TENSOR);
                PTH(&p, "s");
                pth_put_text(&p, names[keys[k]]);
                PTH(&p, TENSOR);
                PTH(&p, "ss");
            }
            PTH(&p, ".");
            assert_ok(open_pickle(&p, &set));
            assert_int_equal(set->count, 2);
            assert_non_null(iv_tensors_find(set, names[a < b ? a : b]));
            iv_tensors_free(set);
        }
}

static void nothing_recurses(void **state)
{
    (void)state;
    static const char *const nests[] = {"]", "\x85", "("};
    for (int kind = 0; kind < 3; kind++) {
        iv_tensors *set;
        pth_bytes b = {0};
        PTH(&b, HEAD "}X\1\0\0\0w" TENSOR "sX\1\0\0\0n]");
        for (int i = 0; i < 200000; i++)
            pth_put(&b, nests[kind], 1);
        for (int i = 0; i < 200000 && kind != 1; i++)
            pth_put(&b, kind ? "t" : "a", 1);
        PTH(&b, "s.");
        imgvec_status status = open_pickle(&b, &set);
        if (kind == 2) /* the dictionary gets two items for a name */
            assert_int_equal(status, IMGVEC_ERR_FORMAT);
        else
            assert_int_equal(status, IMGVEC_OK);
        iv_tensors_free(set);
    }
    iv_tensors *set;
    pth_bytes b = {0}; /* a list, a dictionary and a state_dict that hold themselves */
    PTH(&b, HEAD "}q\0X\12\0\0\0state_dicth\0sX\1\0\0\0l]q\1h\1ash\0X\1\0\0\0w" TENSOR "s0");
    b.data[b.size - 1] = '.';
    assert_int_equal(open_pickle(&b, &set), IMGVEC_ERR_FORMAT); /* two values are left */
    PTH(&b, HEAD "}q\0X\12\0\0\0state_dicth\0sX\1\0\0\0l]q\1h\1asX\1\0\0\0w" TENSOR "s.");
    assert_ok(open_pickle(&b, &set));
    assert_int_equal(set->count, 1);
    iv_tensors_free(set);
}

/* A list that calls multiply: the memory of values has a limit. */
static void memory_is_bounded(void **state)
{
    (void)state;
    iv_tensors *set;
    pth_bytes b = {0};
    PTH(&b, HEAD "ccollections\nOrderedDict\nq\0](");
    for (int i = 0; i < 100000; i++)
        PTH(&b, "K\1N\x86");
    PTH(&b, "e\x85q\1");
    for (int i = 0; i < 1000; i++)
        PTH(&b, "h\0h\1R");
    PTH(&b, ".");
    assert_fails(open_pickle(&b, &set), IMGVEC_ERR_LIMIT, "256 MB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_views),
        cmocka_unit_test(reads_empty_storages),
        cmocka_unit_test(refuses_views),
        cmocka_unit_test(reads_every_dtype),
        cmocka_unit_test(reads_what_torch_has_written),
        cmocka_unit_test(refuses_pickles),
        cmocka_unit_test(names_in_large_dictionaries),
        cmocka_unit_test(unwraps),
        cmocka_unit_test(nothing_recurses),
        cmocka_unit_test(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
