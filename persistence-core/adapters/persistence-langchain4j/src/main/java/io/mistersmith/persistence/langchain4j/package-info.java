/** LangChain4j's chat memories, embedding stores and agentic scopes, kept by this library. */
@NullMarked
package io.mistersmith.persistence.langchain4j;

import org.jspecify.annotations.NullMarked;
