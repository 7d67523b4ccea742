# Turns data/schema.sql into src/store/schema.inc: one C string for each step.
BEGIN { print "/* Made from data/schema.sql. */" }
/^-- @/ {
	if (open) print "\t},"
	name = $2
	sub(/^@/, "", name)
	printf "\t{ \"%s\", %d,\n", name, $3
	open = 1
	next
}
!open || /^[ \t]*$/ { next }
{
	gsub(/[\\"]/, "\\\\&")
	gsub(/\t/, "\\t")
	printf "\t\"%s\\n\"\n", $0
}
END { if (open) print "\t}," }
