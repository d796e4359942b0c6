/* Targets against the definition of the loss that they stand for. */
#include "test.h"

#include <math.h>

#include "train/targets.h"

enum { COUNT = 5, CLASSES = 3 };

static const int32_t labels[COUNT] = {0, 2, 1, 1, 2};

static double log_softmax(const double *z, int c)
{
    double sum = 0;
    for (int k = 0; k < CLASSES; k++)
        sum += exp(z[k]);
    return z[c] - log(sum);
}

/* What the executor makes of targets. */
static double loss_of(double z[COUNT][CLASSES], const float *targets)
{
    double sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int c = 0; c < CLASSES; c++)
            sum -= (double)targets[i * CLASSES + c] * log_softmax(z[i], c);
    return sum / COUNT;
}

/* Weighted and smoothed cross-entropy as torch's CrossEntropyLoss defines it. */
static double defined(double z[COUNT][CLASSES], double smoothing, const double *w)
{
    double plain = 0, even = 0, total = 0;
    for (int i = 0; i < COUNT; i++) {
        plain -= w[labels[i]] * log_softmax(z[i], labels[i]);
        total += w[labels[i]];
        for (int c = 0; c < CLASSES; c++)
            even -= w[c] * log_softmax(z[i], c) / CLASSES;
    }
    return ((1 - smoothing) * plain + smoothing * even) / total;
}

static void losses_are_as_defined(void **state)
{
    static const double ones[CLASSES] = {1, 1, 1}, some[CLASSES] = {0.25, 1, 3};
    static const double smoothings[] = {0, 0.1, 0.5};
    double z[COUNT][CLASSES];
    float targets[COUNT * CLASSES];
    (void)state;
    for (int i = 0; i < COUNT; i++)
        for (int c = 0; c < CLASSES; c++)
            z[i][c] = sin(3.0 * i + 7.0 * c);
    for (int s = 0; s < 3; s++) {
        iv_targets_of_labels(labels, COUNT, CLASSES, smoothings[s], NULL, targets);
        assert_true(fabs(loss_of(z, targets) - defined(z, smoothings[s], ones)) < 1e-6);
        for (int i = 0; i < COUNT; i++)
            assert_true(fabs(targets[3 * i] + targets[3 * i + 1] + targets[3 * i + 2] - 1) < 1e-6);
        iv_targets_of_labels(labels, COUNT, CLASSES, smoothings[s], some, targets);
        assert_true(fabs(loss_of(z, targets) - defined(z, smoothings[s], some)) < 1e-6);
    }
}

/* Computed once with torch 1.13: cross_entropy(tensor([[1., 2., 0.5], [0., -1., 1.]]),
 * tensor([1, 2]), weight=tensor([1., 2., 4.]), label_smoothing=0.1). */
static void losses_are_torchs(void **state)
{
    static const int32_t two[2] = {1, 2};
    static const double w[CLASSES] = {1, 2, 4}, z[2][CLASSES] = {{1, 2, 0.5}, {0, -1, 1}};
    float targets[2 * CLASSES];
    double loss = 0;
    (void)state;
    iv_targets_of_labels(two, 2, CLASSES, 0.1, w, targets);
    for (int i = 0; i < 2; i++)
        for (int c = 0; c < CLASSES; c++)
            loss -= (double)targets[i * CLASSES + c] * log_softmax(z[i], c) / 2;
    assert_true(fabs(loss - 0.484451010) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_as_defined),
        cmocka_unit_test(losses_are_torchs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
