# What stands behind each connection of shell_server.sh.
read -r name
echo "hello, $name"
exec cat
