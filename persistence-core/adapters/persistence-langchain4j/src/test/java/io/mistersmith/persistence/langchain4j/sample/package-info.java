/** An agent of LangChain4j that is killed in the middle of tool calls, and continues. */
@NullMarked
package io.mistersmith.persistence.langchain4j.sample;

import org.jspecify.annotations.NullMarked;
