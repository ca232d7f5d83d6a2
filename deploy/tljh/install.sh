#!/usr/bin/env bash
# Install The Littlest JupyterHub with this book's package, on a fresh Ubuntu server, as root.
#     sudo bash install.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
book=https://github.com/gnr638/deep-learning-for-image-analysis
copies=launch # the branch with the notebooks to launch, and the package that belongs to them

curl --fail --location --silent --show-error https://tljh.jupyter.org/bootstrap.py | python3 - --admin instructor
# PyTorch's own CPU wheels, which are a tenth as large as those for graphics cards; the versions that the book was tested with
workdir=$(mktemp -d)
git clone --quiet --depth 1 --branch "$copies" "$book" "$workdir/book"
/opt/tljh/user/bin/python -m pip install --quiet \
  --extra-index-url https://download.pytorch.org/whl/cpu \
  --constraint "$workdir/book/constraints.txt" --requirement "$workdir/book/requirements.txt" nbgitpuller jupyterlab-rise
/opt/tljh/user/bin/python -m pip install --quiet --no-deps "$workdir/book"
rm -rf "$workdir"
install -m 600 "$here/config.yaml" /opt/tljh/config/config.yaml
tljh-config reload
tljh-config reload proxy
echo "the hub is up; give its address in _config.yml under launch: jupyterhub"
