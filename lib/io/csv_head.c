#include "io/csv_head.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

char iv_csv_find_delimiter(const char *head, size_t size)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t count[3] = {0};
    bool quoted = false, any = false;
    for (size_t i = 0; i < size; i++) {
        if (head[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        bool ends = head[i] == '\n' || head[i] == '\r';
        if (ends && any)
            break;
        any = any || !ends;
        for (int k = 0; k < 3; k++)
            count[k] += head[i] == candidates[k];
    }
    int best = 0;
    for (int k = 1; k < 3; k++)
        if (count[k] > count[best])
            best = k;
    return candidates[best];
}

imgvec_status iv_csv_check_start(const char *name, const char *p, size_t n, imgvec_error *err)
{
    if (n >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0))
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, 1,
                          "%s, line 1 (record 0): the file is UTF-16; convert it, for example with "
                          "iconv -f utf-16 -t utf-8",
                          name);
    while (n && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++, n--;
    if ((n >= 9 && strncasecmp(p, "<!doctype", 9) == 0) ||
        (n >= 5 && strncasecmp(p, "<html", 5) == 0))
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, 1,
                          "%s, line 1 (record 0): a web page, not CSV data", name);
    return IMGVEC_OK;
}
