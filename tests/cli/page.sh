#!/bin/sh
# Runs every command of a page, in its order, on small drawn data with short budgets. C programs in the
# page are files by the name that their first line begins with.
# usage: page.sh IMGVEC PICTURES BUILD PAGE
set -eu
imgvec=$(realpath "$1") pictures=$(realpath "$2") build=$(realpath "$3") page=$(realpath "$4")
name=$(basename "$page" .md)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$work"' EXIT
unset IMGVEC_WEIGHTS
XDG_DATA_HOME=$work/home XDG_DATA_DIRS=$work/system XDG_CACHE_HOME=$work/cache HOME=$work/home
PKG_CONFIG_PATH=$build/meson-uninstalled LD_LIBRARY_PATH=$build/lib
export XDG_DATA_HOME XDG_DATA_DIRS XDG_CACHE_HOME HOME PKG_CONFIG_PATH LD_LIBRARY_PATH
cd "$work"
fail() { echo "FAILED: $*"; exit 1; }

# Cars with a price by length and year.
mkdir -p cars/photos
(
  cd cars
  "$pictures" drawn
  mv drawn/*/*.png photos
  awk -F , 'BEGIN { print "photo,year,mileage,price" }
    NR > 1 { sub(".*/", "photos/", $1)
             print $1 "," 2000 + (NR * 7) % 20 "," 1000 * ((NR * 11) % 90) "," int(20000 * $4 + 500 * ((NR * 7) % 20)) }' \
    drawn.csv >cars.csv
  rm -r drawn drawn.csv
)

# What a reader types is run as it stands, but for the budgets of the trainings: what a page says goes first.
mkdir bin
cat >bin/imgvec <<WRAPPER
#!/bin/sh
verb=\$1
shift
network="--backbone mobilenetv2_035 --weights random --threads 1"
quick="--dim 3 --folds 2 --rounds 10 --ablation off --no-select-blocks --image-features projection"
case "$name \$verb \$*" in
transfer-learning*--fine-tune*) quick="\$quick --fast" ;;
esac
case \$verb in
train) exec "$imgvec" train \$network \$quick --allow-private "\$@" ;;
auto) exec "$imgvec" auto \$network --time-budget 15s --trials 1 --epochs 1 "\$@" ;;
embed) exec "$imgvec" embed \$network "\$@" ;;
*) exec "$imgvec" "\$verb" "\$@" ;;
esac
WRAPPER
chmod +x bin/imgvec
PATH=$work/bin:$PATH

# What else a page takes for granted.
case $name in
tutorial) # patches in two folders
  "$pictures" cells
  mv cells/small cells/normal
  mv cells/large cells/tumor
  ;;
howto)
  "$imgvec" train cars --target price --backbone mobilenetv2_035 --weights random --seed 2 --dim 1 --folds 2 --rounds 1 \
    --ablation off --no-select-blocks --image-features projection -q -o other.imgvec >/dev/null
  mkdir weights
  python3 - <<'PYTHON'
import shutil, zipfile
open("own.safetensors", "wb").write(zipfile.ZipFile("other.imgvec").read("net/0.safetensors"))
shutil.copy("own.safetensors", "weights/mobilenetv2_035.safetensors")
PYTHON
  { sed 's|photos/|cars/photos/|' cars/cars.csv; echo absent.png,2001,5000,9000; echo bin/imgvec,2002,6000,9500; } >damaged.csv
  python3 -c 'import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="cars")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
open("port.new", "w").write(str(server.server_port))
server.serve_forever()' 2>/dev/null &
  server=$!
  for _ in $(seq 100); do [ -s port.new ] && break; sleep 0.1; done
  sed "s|photos/|http://127.0.0.1:$(cat port.new)/photos/|" cars/cars.csv >urls.csv
  ;;
esac

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 }
  inside { if (!file) { file = $2; sub(":", "", file) } print >file } !inside { file = "" }' "$page"
awk '/^```/ { inside = !inside; next } !inside' "$page" | sed -n 's/^    //p' >commands
grep -q '^imgvec ' commands || fail "$page has no command"
while IFS= read -r command; do
  case $command in
  "imgvec "* | "IMGVEC_WEIGHTS="*" imgvec "* | "cc "* | "./"* | "cmp "*) ;;
  *) fail "not a command that this test knows: $command" ;;
  esac
  case $command in
  *--offline*) kill $server; wait $server || true; server= ;;
  esac
  echo "\$ $command"
  begin=$(date +%s)
  sh -c "$command" >out 2>err </dev/null || { echo "FAILED: $command"; head -c 3000 out; tail -c 3000 err; exit 1; }
  echo "  $(($(date +%s) - begin)) s"
  # A file that the command is to write is there, and holds something.
  for word in $(printf '%s\n' "$command" | grep -oE -e '(-o|--train|--test|--bad-csv) [^ ]+' | cut -d ' ' -f 2); do
    [ -s "$word" ] || fail "$command: no $word"
  done
  # What the text says that a command shows.
  case $command in
  "./server "*) [ "$(grep -c '^prediction [0-9]' out)" = 24 ] || fail "the server: $(cat out err)" ;;
  *" backbones") [ "$name" != howto ] || grep -q ' mobilenetv2_035.safetensors' out || fail "$command: $(cat out)" ;;
  *"weights inspect"*) grep -q 'weight' out || fail "$command: $(cat out)" ;;
  *--offline*) cmp offline.csv online.csv || fail "offline other predictions" ;;
  *"-o from-urls.imgvec") "$imgvec" predict from-urls.imgvec urls.csv --allow-private -q -o online.csv ;;
  esac
done <commands

case $name in
tutorial)
  head -n 1 prices.csv | grep -q lower || fail "no intervals: $(head -n 1 prices.csv)"
  # What the text says of a search that is running.
  "$imgvec" report cells.imgvec.run -o live.html >out 2>err || fail "the trials' report: $(cat err)"
  grep -q '<svg' roc.svg || fail "roc.svg is no drawing"
  grep -q '^0,' why-prices/contributions.csv || fail "no contributions"
  models="frozen tuned cells"
  ;;
howto)
  for file in bad bad-in-training bad-in-scoring; do
    [ "$(wc -l <$file.csv)" = 3 ] || fail "not two bad images: $(cat $file.csv)"
  done
  [ -s why/index.html ] && [ -s why/contributions.csv ] || fail "no explanation"
  [ "$(wc -c <small.imgvec)" -lt "$(wc -c <price.imgvec)" ] || fail "small.imgvec is no smaller"
  models="price from-urls despite own small again"
  ;;
transfer-learning) models="frozen tuned larger" ;;
esac
for model in $models; do
  "$imgvec" info $model.imgvec --json >out && grep -q '"kind": "model"' out || fail "$model.imgvec"
done
