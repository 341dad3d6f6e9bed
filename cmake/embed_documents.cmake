# SPDX-License-Identifier: Apache-2.0
# cmake -DDIRECTORY=<folder of x.yaml> -DOUTPUT=<file.c> -P embed_documents.cmake
# Writes the documents that src/api/documents.h declares, each with a tag that changes with its
# bytes.
set(text "")
foreach(name openapi asyncapi)
    file(READ ${DIRECTORY}/${name}.yaml yaml)
    file(SHA256 ${DIRECTORY}/${name}.yaml digest)
    string(SUBSTRING ${digest} 0 32 tag)
    string(REPLACE "\\" "\\\\" yaml "${yaml}")
    string(REPLACE "\"" "\\\"" yaml "${yaml}")
    string(REPLACE "?" "\\?" yaml "${yaml}") # two of them could begin a trigraph
    string(REPLACE "\n" "\\n\"\n    \"" yaml "${yaml}")
    string(APPEND text "
static const char ${name}[] =
    \"${yaml}\";

const struct document ${name}_document = {
    .text = {${name}, sizeof ${name} - 1},
    .etag = STR(\"\\\"${tag}\\\"\"),
};
")
endforeach()

file(WRITE ${OUTPUT}
"// SPDX-License-Identifier: Apache-2.0
/* Made by cmake/embed_documents.cmake from docs/openapi.yaml and docs/asyncapi.yaml; edit those
 * files instead. */
#include \"api/documents.h\"
${text}")
