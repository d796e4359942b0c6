#!/bin/sh
# The command line as a new user meets it. usage: cli.sh IMGVEC PICTURES CASE
# Each case checks exit statuses and that the text names the culprit. Exit 77: skipped.
set -eu
imgvec=$(realpath "$1") pictures=$(realpath "$2") case=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset IMGVEC_WEIGHTS
XDG_DATA_HOME=$work/home XDG_DATA_DIRS=$work/system HOME=$work/home
export XDG_DATA_HOME XDG_DATA_DIRS HOME
cd "$work"
random="--backbone mobilenetv2_035 --weights random"

fail() {
  echo "FAILED: $*"
  echo "--- stdout"; head -c 4000 out
  echo "--- stderr"; head -c 4000 err
  exit 1
}
# expect STATUS WORDS... -- TEXT...: runs imgvec WORDS and looks for every TEXT.
expect() {
  want=$1
  shift
  words=
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    words="$words $1"
    shift
  done
  [ $# -eq 0 ] || shift
  is=0
  # shellcheck disable=SC2086
  "$imgvec" $words >out 2>err </dev/null || is=$?
  echo "imgvec$words: $is"
  [ "$is" = "$want" ] || fail "exit status $is, not $want"
  for text in "$@"; do
    cat out err | grep -qF -e "$text" || fail "\"$text\" is not said"
  done
}
absent() { [ ! -e "$1" ] || fail "$1 was left behind"; }

case $case in
no-arguments)
  expect 2 -- "usage: imgvec" "train" "imgvec demo"
  [ ! -s out ] || fail "usage after a mistake belongs on stderr"
  expect 2 train -- "imgvec train" "DATA"
  expect 2 predict -- "imgvec predict"
  ;;
help)
  expect 0 --help -- "usage: imgvec" "inspect" "backbones"
  [ ! -s err ] || fail "help belongs on stdout"
  expect 0 --version -- "imgvec 0."
  for verb in inspect split embed train auto predict evaluate explain compare augment info report backbones weights demo; do
    expect 0 $verb --help -- "usage: imgvec $verb" "--json"
    expect 0 help $verb -- "usage: imgvec $verb"
  done
  expect 0 train --help -- "--max-image-side N" "(default: 65535)" "--xgb" "examples:"
  expect 0 inspect --help -- "--no-check-images"
  ;;
wrong-words)
  expect 2 trian x -- "trian" "train"
  expect 2 frobnicate -- "frobnicate" "--help"
  expect 2 train x --bakcbone y -o m -- "--bakcbone" "--backbone"
  expect 2 inspect x --folds 3 -- "--folds" "not for this verb"
  expect 2 train x -o m --folds many -- "folds" "many"
  expect 2 train x -o m --folds 1 -- "folds" "2" "100"
  expect 2 train x -o m --task guess -- "task" "guess" "regression"
  expect 2 embed x -o e.npy --vectorizer v --fine-tune -- "--vectorizer" "fine-tuning"
  expect 2 embed x -o e.npy --vectorizer v --dim 3 -- "--vectorizer" "dim"
  expect 2 train x -o m --fine-tune maybe -- "maybe"
  expect 2 train x -o m --fine-tune=maybe -- "fine_tune" "maybe" "off" "on" "auto"
  expect 2 train x -o -- "-o"
  expect 2 train x -o m --seed -- "--seed" "needs a value"
  expect 2 train x --target y -- "-o"
  expect 2 train x -o m --xgb nonsense -- "max_depth=6"
  expect 2 inspect x -z -- "-z"
  expect 2 inspect x y -- "y" "too much"
  expect 2 split x -- "--train" "--test"
  expect 2 embed x -o vectors.txt -- "vectors.txt" ".npy"
  ;;
missing-file)
  expect 1 inspect nowhere.zip -- "nowhere.zip"
  expect 1 train nowhere.zip -o m.imgvec -- "nowhere.zip"
  absent m.imgvec
  expect 1 info nowhere.imgvec -- "nowhere.imgvec"
  expect 1 predict nowhere.imgvec x.jpg -- "nowhere.imgvec"
  ;;
not-an-image)
  echo "no image at all" >fake.jpg
  echo "just text" >notes.txt
  mkdir -p photos
  "$pictures" photos
  echo "no image at all" >photos/small/fake.jpg
  expect 0 inspect photos -- "small/fake.jpg"
  expect 0 inspect photos --json -- '"problems"' "small/fake.jpg"
  expect 1 info notes.txt -- "notes.txt" "model or vectorizer"
  printf '\377\000\201 no text' >garbage
  expect 1 inspect garbage -- "garbage"
  expect 1 train notes.txt --target x -o m.imgvec -- "x" "just text"
  absent m.imgvec
  ;;
empty-zip)
  printf 'PK\005\006\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >empty.zip
  expect 1 inspect empty.zip -- "empty.zip" "empty"
  expect 1 train empty.zip -o m.imgvec -- "empty.zip"
  : >zero.zip
  expect 1 inspect zero.zip -- "zero.zip"
  mkdir folder
  expect 1 inspect folder -- "folder" "empty"
  absent m.imgvec
  ;;
csv-without-target)
  printf 'a,b\n1,2\n2,3\n3,4\n4,5\n5,6\n6,7\n' >t.csv
  expect 2 train t.csv -o m.imgvec -- "target"
  expect 1 train t.csv --target price -o m.imgvec -- "price" "a, b"
  absent m.imgvec
  ;;
auto)
  mkdir -p photos
  "$pictures" photos
  expect 2 auto photos -- "-o FILE"
  expect 2 auto photos -o m.imgvec $random --time-budget soon -- "time_budget" "soon"
  expect 2 auto photos -o m.imgvec $random --validation maybe -- "validation" "maybe"
  ;;
auto-search)
  mkdir -p photos
  "$pictures" photos
  # A short search from random weights, then on with it, then one of its trials alone.
  expect 0 auto photos -o m.imgvec $random --time-budget 40s --trials 2 \
    --epochs 1 --threads 2 -- "trials in" "model saved" "--resume"
  test -s m.imgvec.run/trials.jsonl || fail "no log of the trials"
  expect 0 auto photos -o m.imgvec $random --time-budget 40s --trials 2 \
    --epochs 1 --threads 2 --resume -- "3 finished trials were taken"
  expect 0 predict m.imgvec photos -o p.csv -- "p.csv"
  expect 0 info m.imgvec -- "trials in"
  echo '{"epochs": 1, "input_size": 64}' >trial.json
  expect 0 auto photos -o one.imgvec $random --trial trial.json \
    --threads 2 -- "1 trials in"
  ;;
fine-tune)
  mkdir -p photos
  "$pictures" photos
  # Wrong settings are told before any network is loaded; a bare --fine-tune means on.
  expect 2 train photos -o m.imgvec $random --fine-tune auto --fast -- "option fast" "fine_tune=on"
  expect 2 train photos -o m.imgvec $random --fine-tune --augment Sharpen -- "augment" "Sharpen"
  expect 2 embed photos -o e.npy $random --fine-tune auto -- "choose on or off"
  printf 'x,y\n' >t.csv
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf '%s,%s\n' $i $((i * i % 7)) >>t.csv; done
  expect 0 train t.csv --target y --folds 2 --fine-tune -o m.imgvec -- "no image column to tune for"
  ;;
one-class)
  mkdir -p photos
  "$pictures" photos
  rm -r photos/large
  expect 1 train photos --target label -o m.imgvec $random -- "label" "one class"
  absent m.imgvec
  ;;
all-images-bad)
  # Told without a network, which there is no weights file for.
  mkdir photos
  for i in 0 1 2 3 4 5 6 7 8 9; do echo "no image" >photos/$i.jpg; done
  { echo "photo,class"; for i in 0 1 2 3 4 5 6 7 8 9; do echo "photos/$i.jpg,c$((i % 2))"; done; } >bad.csv
  sed 's|photos/|gone/|' bad.csv >gone.csv
  expect 1 train bad.csv --type photo=image --target class --backbone resnet50 -o m.imgvec --bad-csv list.csv -- \
    "bad.csv: column photo" "max_bad_fraction" "photos/0.jpg" "photos/1.jpg"
  [ "$(wc -l <list.csv)" = 3 ] || fail "$(cat list.csv)"
  expect 1 train gone.csv --target class --backbone resnet50 -o m.imgvec -- "gone/0.jpg" "no such file"
  expect 1 train gone.csv --target class --backbone resnet50 -o m.imgvec --on-bad error -- "gone/0.jpg" "on_bad"
  ! grep -q gone/1.jpg err || fail "more are looked at than is allowed"
  absent m.imgvec
  ;;
missing-image)
  "$pictures" photos
  sed 's|photos/small/03.png|photos/small/gone.png|' photos.csv >t.csv
  expect 0 inspect t.csv -- "gone.png"
  expect 1 train t.csv --target class -o m.imgvec $random --max-bad-fraction 0 -- "gone.png"
  sed 's|photos/|elsewhere/|' photos.csv >t.csv
  expect 1 train t.csv --target class -o m.imgvec $random -- "elsewhere/"
  absent m.imgvec
  ;;
weights-missing)
  "$pictures" photos
  expect 1 train photos --backbone resnet50 -o m.imgvec -- "resnet50.safetensors" "weights_dir" "random"
  expect 1 train photos -o m.imgvec -- "random"
  expect 1 embed photos --backbone resnet50 --weights nowhere.safetensors -o v.npy -- "nowhere.safetensors"
  expect 2 train photos --backbone resnet999 -o m.imgvec -- "resnet999" "resnet50"
  absent m.imgvec
  absent v.npy
  expect 0 backbones -- "resnet18" "none found"
  # Parameters, GFLOPs, width and input as they are printed.
  grep -Eq '^resnet50 +23508032 +4\.09 +2048 +224 ' out || fail "resnet50: $(grep '^resnet50 ' out)"
  grep -Eq '^efficientnetb3 +10696232 +1\.83 +1536 +300 ' out || fail "efficientnetb3: $(grep '^efficientnetb3 ' out)"
  [ "$(wc -l <out)" -ge 21 ] || fail "not every backbone is listed"
  expect 0 backbones --json -- '"resnet18"' 'null'
  ;;
weights-of-another)
  "$pictures" photos
  # A sound safetensors file with one tensor that no network has.
  printf '\070\000\000\000\000\000\000\000{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  \000\000\000\000' >w.safetensors
  expect 1 train photos --backbone resnet18 --weights w.safetensors -o m.imgvec -- "w.safetensors"
  grep -q "conv1.weight\|bn1\|\"x\"\|x " err || fail "no tensor is named"
  echo "not weights" >bad.safetensors
  expect 1 train photos --backbone resnet18 --weights bad.safetensors -o m.imgvec -- "bad.safetensors"
  absent m.imgvec
  ;;
read-only)
  mkdir shut
  "$pictures" photos
  chmod 555 shut
  if [ "$(id -u)" = 0 ]; then
    # Root may write anywhere: become nobody, who must still reach the program.
    chmod 755 "$work"
    if ! command -v setpriv >/dev/null || ! setpriv --reuid=65534 --clear-groups "$imgvec" --version >/dev/null 2>&1; then
      echo "SKIPPED: this is root, and nobody cannot run $imgvec"
      exit 77
    fi
    printf '#!/bin/sh\nexec setpriv --reuid=65534 --clear-groups "%s" "$@"\n' "$imgvec" >as_nobody
    chmod 755 as_nobody
    imgvec=$work/as_nobody
  fi
  expect 1 train photos -o shut/m.imgvec $random -- "shut/m.imgvec" "Permission denied"
  expect 1 split photos --train shut/a.csv --test shut/b.csv -- "shut/a.csv" "Permission denied"
  expect 1 demo -o shut/demo -- "shut/demo" "Permission denied"
  expect 1 train photos -o nowhere/m.imgvec -- "nowhere/m.imgvec" "make the folder"
  expect 1 train photos -o photos -- "photos" "directory"
  ;;
bad-csv)
  # Every image that cannot be used, also where the job fails for them.
  "$pictures" photos
  head -c 300 photos/small/01.png >cut.png
  mv cut.png photos/small/01.png
  sed 's|photos/small/03.png|photos/small/gone.png|' photos.csv >t.csv
  expect 0 inspect t.csv --bad-csv bad.csv -- "problems: 2"
  [ "$(head -n 1 bad.csv)" = "row,column,path,reason" ] || fail "$(head -n 1 bad.csv)"
  [ "$(wc -l <bad.csv)" = 3 ] || fail "$(cat bad.csv)"
  grep -q "^1,photo,photos/small/01.png,\"PNG: cut short" bad.csv || fail "$(cat bad.csv)"
  grep -q "^3,photo,photos/small/gone.png," bad.csv || fail "$(cat bad.csv)"
  cp bad.csv first.csv
  expect 0 split t.csv --train a.csv --test b.csv --bad-csv bad.csv -- "2 images cannot be used"
  cmp bad.csv first.csv || fail "split lists others"
  expect 1 train t.csv --target class -o m.imgvec $random --max-bad-fraction 0 --bad-csv bad.csv -- "01.png"
  grep -q "^1,photo,photos/small/01.png,\"PNG: cut short" bad.csv || fail "a failed training lists nothing"
  expect 2 inspect t.csv --bad-csv -- "--bad-csv" "needs a value"
  expect 1 inspect t.csv --bad-csv nowhere/bad.csv -- "nowhere/bad.csv" "make the folder"
  expect 0 inspect photos --bad-csv - --json -- "row,column,path,reason" "13,image,photos/small/01.png,"
  # Without a bad image there is a list all the same.
  cp photos/small/02.png photos/small/01.png
  expect 0 inspect photos --bad-csv none.csv
  [ "$(cat none.csv)" = "row,column,path,reason" ] || fail "$(cat none.csv)"
  ;;
bad-rows)
  awk 'BEGIN { print "size,price"; for (i = 0; i < 90; i++) print i * 7 % 13 "," i * 7 % 13 * 2 + i % 3 / 10; for (i = 0; i < 10; i++) print i }' >t.csv
  expect 1 inspect t.csv -- "t.csv, line 92 (record 91): 1 cells, and the header has 2" "on_bad_row"
  expect 2 inspect t.csv --on-bad-row drop -- "on_bad_row" "skip"
  expect 0 inspect t.csv --on-bad-row skip --bad-csv bad.csv -- "skipped:  10 rows" "line 92: 1 cells"
  [ "$(wc -l <bad.csv)" = 11 ] || fail "$(cat bad.csv)"
  grep -qF ',,t.csv,"line 92 (record 91): 1 cells, and the header has 2"' bad.csv || fail "$(cat bad.csv)"
  expect 0 inspect t.csv --on-bad-row skip --json -- '"skipped_rows"' '"count": 10' '"line": 101'
  expect 0 train t.csv --target price --on-bad-row skip -o m.imgvec -- "skipped:  10 rows" "line 92"
  expect 0 info m.imgvec --json -- '"skipped_rows"' '"count": 10'
  echo 5 >>t.csv
  expect 1 train t.csv --target price --on-bad-row skip -o x.imgvec --bad-csv bad.csv -- \
    "t.csv: 11 of 101 rows" "max_bad_fraction" "line 92" "line 101"
  [ "$(wc -l <bad.csv)" = 12 ] || fail "a failed training lists $(wc -l <bad.csv) lines"
  absent x.imgvec
  expect 0 predict m.imgvec t.csv --on-bad-row skip -o p.csv -- "11 rows are skipped"
  [ "$(wc -l <p.csv)" = 91 ] || fail "p.csv has $(wc -l <p.csv) lines"
  ;;
many-bad)
  # The program shows the first ten, the list and the JSON hold all of them.
  for bad in 10 11 200 201; do
    { echo "photo,n"; i=0
      while [ $i -lt $bad ]; do echo "gone$i.png,$i"; i=$((i + 1)); done; } >t.csv
    expect 0 inspect t.csv --bad-csv bad.csv -- "problems: $bad" "gone9.png"
    [ "$(wc -l <bad.csv)" = $((bad + 1)) ] || fail "bad.csv has $(wc -l <bad.csv) lines"
    tail -n 1 bad.csv | grep -q "^$((bad - 1)),photo,gone$((bad - 1)).png," || fail "$(tail -n 1 bad.csv)"
    [ "$(grep -c '^  row [0-9]*, photo' out)" = 10 ] || fail "not ten are shown"
    if [ $bad = 10 ]; then
      ! grep -q "more, see --json" out || fail "more is said of ten"
    else
      grep -q "and $((bad - 10)) more, see --json" out || fail "the rest is not counted"
    fi
    expect 0 inspect t.csv --json -- "\"unusable\": $bad"
    [ "$(grep -c '"path": "gone' out)" = $bad ] || fail "the JSON lists $(grep -c '"path": "gone' out)"
  done
  ;;
split)
  "$pictures" photos
  expect 0 split photos --ratio 0.75 --train a.csv --test b.csv -- "24 rows"
  [ "$(wc -l <a.csv)" = 19 ] && [ "$(wc -l <b.csv)" = 7 ] || fail "wrong number of rows"
  [ "$(grep -c ,small a.csv)" = 9 ] || fail "the split is not stratified"
  expect 0 inspect a.csv --json -- '"rows": 18'
  # What is told of both parts.
  expect 0 split photos --train a.csv --test b.csv -- "24 rows split by chance" "a.csv: 18 rows (75.0 %)" \
    "b.csv: 6 rows (25.0 %)" "large " "50.0 %"
  expect 0 split photos --train a.csv --test b.csv --json -- '"by": "random"' '"stratified": true' \
    '"rows": 18' '"share": 0.75' '"bad_images": 0'
  cp photos/small/00.png photos/small/99.png
  expect 0 split photos --train a.csv --test b.csv -- "duplicates: 2 rows in 1 groups" "exact: row " "99.png"
  [ "$(grep -c 'small/\(00\|99\).png' a.csv)" != 1 ] || fail "equal images are parted"
  rm photos/small/99.png
  awk -F, 'NR == 1 { print $0 ",owner" } NR > 1 { print $0 ",o" int(NR / 4) }' photos.csv >g.csv
  expect 0 split g.csv --group owner --train a.csv --test b.csv -- "24 rows split by chance" "in 5 groups" "in 2 groups"
  cut -d, -f5 a.csv | sort -u >a.owners
  cut -d, -f5 b.csv | sort -u >b.owners
  [ "$(comm -12 a.owners b.owners)" = owner ] || fail "an owner is in both parts"
  expect 0 split photos.csv --time length --train a.csv --test b.csv -- "split by time, column length"
  expect 0 split photos.csv --time length --train a.csv --test b.csv --json -- '"by": "time"' '"time": "length"'
  last=$(tail -n +2 a.csv | cut -d, -f4 | sort -n | tail -n 1)
  next=$(tail -n +2 b.csv | cut -d, -f4 | sort -n | head -n 1)
  [ "$(printf '%s\n%s\n' "$last" "$next" | sort -n | head -n 1)" = "$last" ] || fail "$last is after $next"
  ;;
table)
  # No image, no network: the whole way with numbers and categories alone.
  awk 'BEGIN { srand(3); print "size,kind,price"; for (i = 0; i < 120; i++) { s = rand() * 9; k = i % 3; print s "," "k" k "," 10 * s + 20 * k + rand() } }' >t.csv
  expect 0 train t.csv --target price --xgb.eta 0.2 --xgb max_depth=3 --rounds 60 -o m.imgvec -- \
    "regression" "rmse" "r2" "m.imgvec"
  expect 0 info m.imgvec --json -- '"metrics"' '"rmse"' 'eta"'
  expect 0 evaluate m.imgvec t.csv --json -- '"metrics"' '"r2"'
  expect 0 predict m.imgvec t.csv -o p.csv -- "120 rows"
  [ "$(head -n 1 p.csv)" = "row,prediction,status" ] || fail "$(head -n 1 p.csv)"
  [ "$(grep -c ',ok$' p.csv)" = 120 ] || fail "not every row is ok"
  expect 0 predict m.imgvec t.csv --intervals -o i.csv -- "120 rows"
  [ "$(head -n 1 i.csv)" = "row,prediction,lower,upper,status" ] || fail "$(head -n 1 i.csv)"
  awk -F, 'NR > 1 && !($3 <= $2 && $2 <= $4) { bad = 1 } END { exit bad }' i.csv ||
    fail "an interval does not hold its prediction"
  expect 0 evaluate m.imgvec t.csv -- "asked to hold 90 %"
  expect 2 predict m.imgvec t.csv --threshold auto -- "two classes"
  expect 0 train t.csv --target price --rounds 20 --interval 0 -o z.imgvec -- "regression"
  expect 1 predict z.imgvec t.csv --intervals -- "option interval 0"
  expect 0 train t.csv --target kind --ignore price --metric macro_auc --rounds 20 -o k.imgvec -- "multiclass"
  expect 0 predict k.imgvec t.csv --intervals -o s.csv -- "120 rows"
  [ "$(head -n 1 s.csv)" = "row,prediction,p_k0,p_k1,p_k2,set,status" ] || fail "$(head -n 1 s.csv)"
  expect 0 predict k.imgvec t.csv --intervals --json -- '"set": ["k'
  # Predictions come near the prices.
  paste -d, t.csv p.csv | awk -F, 'NR > 1 { d = $3 - $5; if (d < 0) d = -d; s += d } END { exit !(s / 120 < 10) }' ||
    fail "the predictions are far off"
  expect 2 train t.csv --target price --xgb no_such_parameter=1 --xgb eta=fast -o x.imgvec -- "eta"
  absent x.imgvec
  head -c 3000 m.imgvec >cut.imgvec
  expect 1 predict cut.imgvec t.csv -- "cut.imgvec"
  ;;
plan)
  # What was chosen and what each column is worth, as train says it and info repeats it.
  # Numbers of a generator of our own: every awk has another rand.
  awk 'function r() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
    BEGIN { seed = 3; for (i = 0; i < 80; i++) print 4 * r() ",k" i % 3 "," r() "," r() "," r() "," r() "," r() "," r() "," r() }' >v.csv
  awk -F, 'BEGIN { print "size,kind,n1,n2,n3,n4,n5,n6,price" } {
    print $1 "," $2 "," $3 "," $4 "," $5 "," $6 "," $7 "," $8 "," exp($1 + substr($2, 2) + $9 / 10) }' v.csv >t.csv
  awk -F, 'BEGIN { print "size,n1,n2,n3,n4,n5,n6,y" } NR < 31 {
    print $1 "," $3 "," $4 "," $5 "," $6 "," $7 "," $8 "," 5 * $1 - 10 + 2 * $9 }' v.csv >n.csv
  expect 0 train t.csv --target price --learner linear --target-transform log -o m.imgvec -- \
    "learner:  linear, target transformed: log" "what each column is worth" "rmse over all rows" "without it" "it alone"
  ! grep -q "left out" out || fail "columns are left out"
  sed -n '/^target:/,/^model saved/p' out | grep -v "^model saved" >said
  expect 0 info m.imgvec -- "learner:  linear, target transformed: log"
  [ "$(wc -l <said)" -gt 20 ] || fail "train says too little"
  while read -r line; do
    grep -qF -e "$line" out || fail "info does not repeat: $line"
  done <said
  # Without the column that tells most the error is many times that of the whole.
  awk '/all rows \(/ { full = $0; sub(/.*all rows \(/, "", full); full += 0 }
    $1 == "size" && $2 == "numeric" && NF > 3 { folds = $3; without = $4 }
    END { exit !(full > 0 && folds == 5 && without > 2 * full) }' out || fail "the worth of size is not told"
  expect 0 info m.imgvec --json -- '"target_transform": "log"' '"learner": "linear"' '"ablation": [' \
    '"folds_used": 5' '"without"' '"alone"' '"difference_ci"'
  # A column that is better alone: the others are left out, by name.
  expect 0 train n.csv --target y --learner linear --target-transform none -o n.imgvec -- \
    "features: 1 from 1 columns" "left out, as not better with: n1 n2 n3 n4 n5 n6"
  ! grep -q transformed out || fail "none is no transform"
  expect 0 train n.csv --target y --learner linear --no-select-blocks --ablation off -o n.imgvec -- \
    "features: 7 from 7 columns"
  ! grep -q "left out\|is worth" out || fail "the ablation was not asked for"
  expect 0 info n.imgvec --json -- '"left_out": []'
  ! grep -q '"ablation": \[' out || fail "the ablation was not asked for"
  expect 2 train t.csv --target price --learner forest -o x.imgvec -- "learner" "forest" "linear"
  expect 2 train t.csv --target price --target-transform sqrt -o x.imgvec -- "target_transform" "sqrt" "box_cox"
  expect 1 train n.csv --target y --target-transform log -o x.imgvec -- "n.csv" "target_transform" "log is not defined on every value"
  absent x.imgvec
  ;;
journey)
  "$pictures" photos
  expect 0 train photos $random --dim 8 --folds 3 -o m.imgvec -- "binary" "accuracy" "RANDOM" "m.imgvec"
  expect 0 info m.imgvec -- "label" "mobilenetv2_035" "accuracy"
  expect 0 info m.imgvec --json -- '"metrics"' '"accuracy"' '"log_loss"' '"auc"'
  expect 0 evaluate m.imgvec photos -- "accuracy" "confusion"
  expect 0 predict m.imgvec photos -o p.csv -- "24 rows"
  [ "$(head -n 1 p.csv)" = "row,image,prediction,p_large,p_small,status" ] || fail "$(head -n 1 p.csv)"
  expect 0 info m.imgvec -- "threshold:" "calibration error"
  expect 0 predict m.imgvec photos --threshold 0 -o all.csv -- "24 rows"
  [ "$(grep -c ',small,' all.csv)" = 24 ] || fail "at threshold 0 every row is the second class"
  expect 2 predict m.imgvec photos --threshold 2 -- "from 0 to 1"
  echo "no image" >fake.jpg
  expect 0 predict m.imgvec photos/small/01.png fake.jpg -- "photos/small/01.png" ",ok" "FORMAT"
  expect 1 predict m.imgvec fake.jpg -- "fake.jpg"
  expect 0 predict m.imgvec photos/small/01.png --json -- '"prediction"' '"status": "ok"'
  expect 0 explain m.imgvec photos --rows 3 -o why -- "24 rows" "3 overlays" "100.0 %  image"
  [ "$(head -n 1 why/contributions.csv)" = "row,output,bias,image,margin,prediction,status" ] ||
    fail "$(head -n 1 why/contributions.csv)"
  [ "$(wc -l <why/contributions.csv)" = 25 ] || fail "a line for each row"
  [ "$(ls why/overlays | wc -l)" = 3 ] || fail "$(ls why/overlays)"
  # What is added up is the log-odds of the prediction.
  awk -F, 'NR > 1 { p = 1 / (1 + exp(-$5)); d = p - $6; if (d < 0) d = -d; s = $3 + $4 - $5; if (s < 0) s = -s
    if (d > 1e-4 || s > 1e-4) exit 1 }' why/contributions.csv || fail "contributions do not add up"
  for png in why/overlays/*.png; do
    grep -q "$png" why/index.html || grep -q "${png#why/}" why/index.html || fail "$png is not shown"
  done
  expect 0 explain m.imgvec fake.jpg photos/small/01.png --class small --json -o one -- '"rows": 2' '"unscored": 1' \
    '"overlays": 1' '"without_overlay": 1' '"importance"'
  grep -q "^1,small," one/contributions.csv || fail "the class that was asked for"
  grep -q "^0,,,,,,FORMAT" one/contributions.csv || fail "a row that could not be scored"
  expect 1 explain m.imgvec fake.jpg -o none -- "fake.jpg"
  expect 2 explain m.imgvec photos -- "-o DIR"
  expect 2 explain m.imgvec photos --class medium -o why -- "medium"
  expect 2 explain m.imgvec photos --rows few -o why -- "few"
  expect 1 explain m.imgvec photos -o no/such/folder -- "no/such/folder"
  expect 0 train photos.csv --target length $random --dim 8 --folds 3 --json -o l.imgvec -- '"task": "regression"'
  ;;
compare)
  awk 'BEGIN { srand(3); print "size,kind,price"; for (i = 0; i < 120; i++) { s = rand() * 9; k = i % 3; print s "," "k" k "," 10 * s + 20 * k + rand() } }' >t.csv
  expect 0 train t.csv --target price --rounds 20 --folds 3 --seed 5 --delimiter comma --xgb max_depth=3 -o a.imgvec -- "price"
  expect 0 train t.csv --like a.imgvec -o b.imgvec -- "folds as in a.imgvec: 120 rows"
  expect 0 train t.csv --ignore kind --like a.imgvec --json -o c.imgvec -- \
    "folds as in a.imgvec: 120 rows" '"target": "price"' '"seed": 5' '"xgb.max_depth": "3"' \
    '"ignore": "kind"' '"delimiter": "comma"'
  expect 0 compare a.imgvec b.imgvec -- "no option differs" "120 rows, on the same folds"
  # The same training again is the same model.
  for model in a b; do
    expect 0 predict $model.imgvec t.csv -o $model.csv -- "120 rows"
  done
  cmp a.csv b.csv || fail "a training like the first gives other predictions"
  expect 0 compare a.imgvec b.imgvec c.imgvec -- "ignore" "worse" "scoring a row" "training" "3  c.imgvec"
  grep -qE "^  rmse .* \+0\.0000 \[\+0\.0000, \+0\.0000\] unclear +\+[0-9.]+ \[\+[0-9.]+, \+[0-9.]+\] worse$" out ||
    fail "the table is not aligned as expected"
  expect 0 compare a.imgvec c.imgvec --json -- '"kind": "comparison"' '"same_fold": 120' '"verdict"'
  head -n 100 t.csv >other.csv
  expect 0 train other.csv --like a.imgvec -o d.imgvec -- \
    "folds are not those of a.imgvec, since the data are not the same: 99 rows instead of 120"
  expect 0 train t.csv --like a.imgvec --folds 4 -o e.imgvec -- "since option folds is 4 and was 3"
  expect 0 compare a.imgvec d.imgvec e.imgvec -- "99 rows instead of 120" "were in another fold"
  expect 1 train t.csv --like nowhere.imgvec -o x.imgvec -- "nowhere.imgvec"
  expect 1 train t.csv --like t.csv -o x.imgvec -- "t.csv" "damaged or no model"
  absent x.imgvec
  expect 2 compare a.imgvec -- "imgvec compare MODEL MODEL"
  expect 1 compare a.imgvec nowhere.imgvec -- "nowhere.imgvec"
  expect 1 compare a.imgvec t.csv -- "t.csv" "damaged or no model"
  ;;
embed)
  "$pictures" photos
  expect 0 embed photos $random -o v.npy -- "24 rows of 1280 values"
  [ "$(wc -c <v.npy)" = $((128 + 24 * 1280 * 4)) ] || fail "v.npy has $(wc -c <v.npy) bytes"
  expect 0 embed photos $random --dim 4 --save-vectorizer my.vec -o a.csv -- "24 rows of 4 values"
  expect 0 embed photos --vectorizer my.vec -o b.csv -- "24 rows of 4 values"
  cmp a.csv b.csv || fail "a kept vectorizer gives other values"
  expect 2 embed photos --vectorizer my.vec --dim 5 -o c.csv -- "--vectorizer"
  expect 0 info my.vec -- "4" "mobilenetv2_035"
  ;;
demo)
  expect 0 demo -o made/here -- "RANDOMLY" "--weights-dir" "without the photos" "r2" \
    "made/here/price.imgvec" "predicted price"
  [ "$(wc -l <made/here/demo.csv)" = 501 ] || fail "the data set has another size"
  expect 0 inspect made/here/demo.csv -- "photo" "image" "brand" "categorical"
  ;;
tls)
  # https against a server of our own with certificates of our own.
  for tool in openssl python3; do
    if ! command -v $tool >/dev/null; then
      echo "SKIPPED: no $tool to make certificates and serve https with"
      exit 77
    fi
  done
  unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
  mkdir served ca
  printf 'a,b\n1,2\n3,4\n4,5\n' >served/t.csv
  : >ca/index.txt
  echo 01 >ca/serial
  cat >ca.cnf <<'CNF'
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:true
keyUsage = keyCertSign
[ca]
default_ca = own
[own]
dir = ca
database = ca/index.txt
serial = ca/serial
new_certs_dir = ca
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
CNF
  certify() { # NAME SUBJECT-ALTERNATIVE FROM TO
    openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" \
      -addext "subjectAltName=$2" -config ca.cnf >ca/log 2>&1 &&
      openssl ca -batch -config ca.cnf -cert root.pem -keyfile root.key -in "$1.csr" -out "$1.pem" \
        -notext -startdate "$3" -enddate "$4" >ca/log 2>&1 || fail "openssl: $(cat ca/log)"
  }
  openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj "/CN=root of a test" \
    -days 2 -config ca.cnf -extensions root >ca/log 2>&1 || fail "openssl: $(cat ca/log)"
  certify good DNS:localhost,IP:127.0.0.1 20200101000000Z 21000101000000Z
  certify other DNS:other.example 20200101000000Z 21000101000000Z
  certify old DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
  cat >serve.py <<'PY'
import functools, http.server, ssl, sys, threading
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="served")
for name in ("good", "other", "old"):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(name + ".pem", name + ".key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(name + ".port", "w") as file:
        file.write(str(server.server_port))
    threading.Thread(target=server.serve_forever, daemon=True).start()
open("ready", "w").close()
sys.stdin.read()
PY
  mkfifo stop
  python3 serve.py <stop >serve.log 2>&1 &
  server=$!
  exec 9>stop # the server ends when this end is closed, however the test ends
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ ! -e ready ] || break
    kill -0 $server 2>/dev/null || fail "the server did not start: $(cat serve.log)"
    sleep 0.5
  done
  good=https://localhost:$(cat good.port)/t.csv other=https://localhost:$(cat other.port)/t.csv
  old=https://localhost:$(cat old.port)/t.csv
  how="--allow-private --cache-dir cache --download-retries 3"
  expect 1 inspect $good $how -- "$good: " "certificate is not trusted" "issuer" "ca_file"
  expect 0 inspect $good $how --ca-file root.pem --json -- '"rows": 3'
  rm -r cache
  expect 1 inspect $good $how -- "not trusted"
  SSL_CERT_FILE=$work/root.pem
  export SSL_CERT_FILE
  expect 0 inspect $good $how --json -- '"rows": 3'
  rm -r cache
  expect 0 inspect https://127.0.0.1:$(cat good.port)/t.csv $how --json -- '"rows": 3'
  expect 1 inspect $good $how --ca-file other.pem --cache-dir cache2 -- "not trusted"
  CURL_CA_BUNDLE=$SSL_CERT_FILE SSL_CERT_FILE=$work/nowhere.pem
  export CURL_CA_BUNDLE
  expect 0 inspect $good $how --cache-dir cache3 --json -- '"rows": 3'
  expect 1 inspect $other $how -- "$other: " "certificate is not trusted" "match"
  expect 1 inspect $old $how -- "$old: " "certificate is not trusted" "expired"
  ! grep -q ca_file err || fail "other authorities would not help"
  expect 1 inspect $good $how --cache-dir cache4 --ca-file nowhere.pem -- "$good: nowhere.pem" "ca_file"
  expect 1 inspect $good $how --cache-dir cache4 --ca-file served/t.csv -- "$good: served/t.csv" "ca_file"
  # An image behind https, and one that is refused.
  printf 'P6\n1 1\n255\nabc' >served/a.ppm
  printf 'photo,n\n%s,1\n%s,2\n' "https://localhost:$(cat good.port)/a.ppm" "https://localhost:$(cat old.port)/a.ppm" >t.csv
  expect 0 inspect t.csv $how --type photo=image --json -- '"unusable": 1' "expired"
  # What is in the cache needs no certificate.
  expect 0 inspect $good $how --cache-dir cache3 --offline --json -- '"rows": 3'
  exec 9>&-
  wait $server || true
  ;;
interrupt)
  # A job that would take minutes, stopped once it is under way.
  awk 'BEGIN { srand(3); print "size,kind,price"; for (i = 0; i < 2000; i++) { s = rand() * 9; k = i % 3; print s "," "k" k "," 10 * s + 20 * k + rand() } }' >t.csv
  "$imgvec" train t.csv --target price --rounds 100000 --early-stopping-rounds 0 -o m.imgvec >out 2>err &
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ! grep -q "column types" err || break
    sleep 0.5
  done
  sleep 0.5
  kill -INT $!
  is=0
  wait $! || is=$?
  [ "$is" = 130 ] || fail "exit status $is, not 130"
  grep -q stopped err || fail "nothing is said"
  absent m.imgvec
  for file in *; do
    case $file in *tmp*) fail "$file was left behind" ;; esac
  done
  ;;
weights)
  expect 2 weights -- "imgvec weights"
  expect 2 weights lisst -- "lisst" "list, inspect, verify, fetch"
  expect 2 weights list resnet51 -- "resnet51" "imgvec backbones"
  expect 2 weights inspect -- "which file"
  # A tensor's name that would clear the screen.
  header='{"a\u001b[2Jb":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
  { printf "\\$(printf %03o ${#header})\000\000\000\000\000\000\000"
    printf '%s\000\000\200\077' "$header"; } >escape.safetensors
  expect 0 weights inspect escape.safetensors -- "a?[2Jb"
  expect 0 weights --help -- "verify" "examples:"
  mkdir w
  expect 0 weights list resnet50 --weights-dir w -- "resnet50-11ad3fa6.pth" "232>224 bilinear" "none, in" "$work/home"
  ! grep -q resnet18 out || fail "other backbones are listed"
  expect 0 weights verify --weights-dir w -- "0 ok, 0 damaged, 0 unknown"
  : >w/mobilenet_v2-b0353104.pth
  : >w/mobilenet_v2-7ebf99e0.pth
  : >w/mine.pth
  expect 0 weights list mobilenetv2 --weights-dir w -- "mobilenet_v2-7ebf99e0.pth  (taken)" "w/mobilenet_v2-b0353104.pth"
  expect 0 weights list --json --weights-dir w -- '"published"' '"chosen": true' '"chosen": false' '"sha256": "7ebf99e0"'
  expect 1 weights verify --weights-dir w -- "damaged" "w/mobilenet_v2-7ebf99e0.pth: it has 0 bytes" "2 damaged"
  expect 1 weights verify w/mobilenet_v2-7ebf99e0.pth --json -- '"status": "damaged"' '"damaged": 1'
  expect 0 weights verify w/mine.pth -- "unknown" "1 unknown"
  expect 1 weights verify w/gone.pth -- "w/gone.pth"
  expect 2 weights fetch -- "which checkpoint"
  expect 2 weights fetch resnet51 -- "resnet51" "imgvec weights list"
  expect 2 weights fetch IMAGENET1K_V2 -- "several checkpoints" "resnet50-11ad3fa6.pth"
  expect 2 weights fetch resnet50 --weights-url http://mirror.example/ -- "https://"
  expect 1 weights fetch densenet121.ra_in1k --weights-dir w -- "no hash" "https://huggingface.co/timm/densenet121.ra_in1k/" "save it as densenet121.ra_in1k.safetensors in w"
  expect 0 weights list densenet121 -- "densenet121.ra_in1k/resolve/main/model.safetensors" "save it as densenet121.ra_in1k.safetensors"
  ! grep -q "save it as densenet121-a639ec97.pth" out || fail "what can be fetched is to be downloaded by hand"
  # Nobody listens on port 1: which file to get, from where, and where to put it.
  expect 1 weights fetch resnet50 --weights-dir w --weights-url http://localhost:1/ -- \
    "get https://download.pytorch.org/models/resnet50-11ad3fa6.pth" \
    "102540417 bytes" "SHA-256 11ad3fa6..." "save it as resnet50-11ad3fa6.pth in w"
  absent w/resnet50-11ad3fa6.pth
  expect 0 backbones mobilenetv2 --weights-dir w -- "mobilenet_v2-7ebf99e0.pth, mobilenet_v2-b0353104.pth"
  [ "$(wc -l <out)" = 2 ] || fail "other backbones are listed"
  expect 0 backbones --weights-dir w --json -- '"weights": "w/mobilenet_v2-7ebf99e0.pth"' '"tag": "IMAGENET1K_V1"'
  expect 2 backbones resnet51 -- "resnet51"
  expect 2 backbones resnet18 --measure --threads many -- "threads" "many"
  ;;
measure)
  expect 0 backbones mobilenetv2_035 resnet18 --measure --threads 1 -- "images/s" "mobilenetv2_035" "resnet18"
  expect 0 backbones mobilenetv2_035 --measure --json -- '"images_per_second": '
  expect 1 backbones resnet18 --measure --device cuda:99 -- "cuda:99"
  expect 1 backbones resnet18 --measure --device cuda:99 --json -- "cuda:99"
  [ ! -s out ] || fail "a failed measurement leaves a piece of JSON"
  ;;
augment)
  "$pictures" photos
  expect 0 augment --list -- "ShiftScaleRotate" "rotate_limit" "CutMix"
  expect 0 augment --list --json -- '"augmentations"' '"name": "var_limit"' '"default": "(10, 50)"'
  expect 2 augment photos -- "-o FILE" "--list"
  expect 2 augment -o s.png -- "DATA"
  expect 2 augment photos -o s.png --augment Blurr -- "Blurr" "did you mean Blur?"
  expect 2 augment photos -o s.png --augment HorizontalFlip,Xyzzyx -- "Xyzzyx" "there are" "GaussNoise"
  expect 2 augment photos -o s.png --augment "Blur(blur=3)" -- "Blur has no parameter" "blur_limit"
  expect 2 augment photos -o s.png --images 0 -- "images" "1" "1000"
  expect 1 augment photos -o nowhere/s.png -- "nowhere/s.png" "make the folder"
  absent s.png
  expect 0 augment photos -o s.png --augment all --seed 3 -- "s.png"
  cp s.png first.png
  expect 0 augment photos -o s.png --augment all --seed 3 --json -- '"output": "s.png"' '"augment": "all"'
  cmp s.png first.png || fail "the same seed draws another sheet"
  expect 0 augment photos -o s.png --augment all --seed 4 -- "s.png"
  ! cmp -s s.png first.png || fail "another seed draws the same sheet"
  expect 0 augment photos/small/00.png photos/small/01.png -o s.png --versions 1 -- "HorizontalFlip"
  for file in *; do
    case $file in *tmp*) fail "$file was left behind" ;; esac
  done
  # The tables of the page are the library's.
  "$imgvec" --augment-page >out 2>err
  tail -n "$(wc -l <out)" "${IMGVEC_TEST_SOURCE:?}/docs/augment.md" | cmp - out ||
    fail "docs/augment.md does not end as build/tools/imgvec --augment-page"
  ;;
options-page)
  "$imgvec" --options-page >out 2>err
  cmp out "${IMGVEC_TEST_SOURCE:?}/docs/options.md" ||
    fail "docs/options.md is not current: build/tools/imgvec --options-page >docs/options.md"
  "$imgvec" --weights-page >out 2>err
  cmp out "$IMGVEC_TEST_SOURCE/docs/weights.md" ||
    fail "docs/weights.md is not current: build/tools/imgvec --weights-page >docs/weights.md"
  ;;
*)
  echo "no such case: $case"
  exit 2
  ;;
esac
