/* Feeds a fuzz target the files of the named folders, each whole, cut short and with bytes
 * changed in a fixed way. Folders that are not there are told aloud. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fuzz.h"

#define FILE_MAX (1 << 20)
#ifndef VARIANTS /* of each small file */
#define VARIANTS 400
#endif
#define BIGGEST_VARIED (16 << 10)

static void feed(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* so that a read past the end shows */
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void vary(uint8_t *data, size_t size)
{
    uint64_t random = 1;
    for (int i = 0; i < VARIANTS && size > 0; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t at = (size_t)(random >> 33) % size;
        if (i % 4 == 0) {
            feed(data, at);
            continue;
        }
        uint8_t was = data[at];
        data[at] = i % 4 == 1 ? was ^ (uint8_t)(1 << (random >> 20 & 7)) : (uint8_t)(random >> 24);
        feed(data, size);
        data[at] = was;
    }
}

static void replay(const char *path)
{
    uint8_t *data = malloc(FILE_MAX);
    FILE *f = fopen(path, "rb");
    if (!f || !data) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    size_t size = fread(data, 1, FILE_MAX, f);
    fclose(f);
    feed(data, size);
    if (size <= BIGGEST_VARIED)
        vary(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            printf("# SKIPPED: no folder %s\n", argv[i]);
            continue;
        }
        for (struct dirent *e; (e = readdir(folder)) != NULL;) {
            char path[4096];
            struct stat st;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
                replay(path);
                files++;
            }
        }
        closedir(folder);
    }
    printf("# %d inputs\n", files);
    printf("FIGURE: fuzz_inputs_%s %d\n",
           strstr(argv[0], "replay_") ? strstr(argv[0], "replay_") + 7 : "", files);
    return files == 0;
}
