/** LangGraph4j's checkpoints, kept by this library. */
@NullMarked
package io.mistersmith.persistence.langgraph4j;

import org.jspecify.annotations.NullMarked;
