#!/bin/sh
# Runs every command of a page, in its order, on small drawn data with short budgets.
# usage: tutorial.sh IMGVEC PICTURES PAGE
set -eu
imgvec=$(realpath "$1") pictures=$(realpath "$2") page=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset IMGVEC_WEIGHTS
XDG_DATA_HOME=$work/home XDG_DATA_DIRS=$work/system HOME=$work/home
export XDG_DATA_HOME XDG_DATA_DIRS HOME
cd "$work"

# The page's two data sets: cars with a price by length, and patches in two folders.
mkdir cars
(
  cd cars
  "$pictures" drawn
  awk -F , 'BEGIN { print "photo,year,mileage,price" }
    NR > 1 { print $1 "," 2000 + (NR * 7) % 20 "," 1000 * ((NR * 11) % 90) "," int(20000 * $4 + 500 * ((NR * 7) % 20)) }' \
    drawn.csv >cars.csv
  rm drawn.csv
)
"$pictures" cells
mv cells/small cells/normal
mv cells/large cells/tumor

# What a reader types is run as it stands, but for the budgets of the trainings.
mkdir bin
cat >bin/imgvec <<WRAPPER
#!/bin/sh
case \$1 in
train) exec "$imgvec" "\$@" --backbone mobilenetv2_035 --weights random --dim 3 --folds 2 --rounds 10 --threads 1 \\
  --ablation off --no-select-blocks --image-features projection ;;
auto) exec "$imgvec" "\$@" --backbone mobilenetv2_035 --weights random --time-budget 15s --trials 1 --epochs 1 --threads 1 ;;
*) exec "$imgvec" "\$@" ;;
esac
WRAPPER
chmod +x bin/imgvec
PATH=$work/bin:$PATH
sed -n 's/^    //p' "$page" >commands
grep -q '^imgvec ' commands || { echo "FAILED: $page has no command"; exit 1; }
while IFS= read -r command; do
  case $command in
  "imgvec "*) ;;
  *) echo "FAILED: not a command of the program: $command"; exit 1 ;;
  esac
  echo "\$ $command"
  begin=$(date +%s)
  sh -c "$command" >out 2>err </dev/null || { echo "FAILED: $command"; head -c 3000 out; tail -c 3000 err; exit 1; }
  echo "  $(($(date +%s) - begin)) s"
  # A file that the command is to write is there, and holds something.
  for word in $(printf '%s\n' "$command" | grep -oE -e '(-o|--train|--test) [^ ]+' | cut -d ' ' -f 2); do
    [ -s "$word" ] || { echo "FAILED: $command: no $word"; exit 1; }
  done
done <commands
head -n 1 prices.csv | grep -q lower || { echo "FAILED: no intervals: $(head -n 1 prices.csv)"; exit 1; }
# What the text says of a search that is running.
"$imgvec" report cells.imgvec.run -o live.html >out 2>err || { echo "FAILED: the trials' report"; cat err; exit 1; }
grep -q '<svg' roc.svg || { echo "FAILED: roc.svg is no drawing"; exit 1; }
grep -q '^0,' why-prices/contributions.csv || { echo "FAILED: no contributions"; exit 1; }
for model in frozen tuned cells; do
  "$imgvec" info $model.imgvec --json | grep -q '"kind": "model"' || { echo "FAILED: $model.imgvec"; exit 1; }
done
