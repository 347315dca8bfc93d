/** Tests of the adapter for LangChain4j, in memory and on real servers. */
@NullMarked
package io.mistersmith.persistence.langchain4j;

import org.jspecify.annotations.NullMarked;
