#!/bin/sh
# Writes imgvec(1) from what the program says of itself: manual.sh IMGVEC VERSION >imgvec.1
set -eu
imgvec=$1 version=$2

# Text as it stands: backslashes, and dots and quotes at the start of a line, mean something to roff.
verbatim() {
  echo .nf
  sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/"
  echo .fi
}
verbs=$("$imgvec" --help | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p' | grep -vx -e or -e imgvec)

cat <<TEXT
.TH IMGVEC 1 "" "libimgvec $version" "User Commands"
.SH NAME
imgvec \- images, alone or mixed with other columns, into trained models
.SH SYNOPSIS
.B imgvec
.I VERB
\&...
.SH DESCRIPTION
TEXT
"$imgvec" --help | sed -e 1,2d | verbatim
for verb in $verbs; do
  echo ".SH IMGVEC $(echo "$verb" | tr '[:lower:]' '[:upper:]')"
  "$imgvec" "$verb" --help | verbatim
done
cat <<'TEXT'
.SH EXIT STATUS
0 after success, 1 when the job failed, 2 when it was called wrongly, 130 after Ctrl\-C.
.SH ENVIRONMENT
.TP
.B IMGVEC_WEIGHTS
Folder in which weights of networks are looked for.
.TP
.BR XDG_DATA_HOME ,\  XDG_CACHE_HOME
Folders of the user's weights and of downloaded data.
.SH SEE ALSO
.BR libimgvec (3)
TEXT
