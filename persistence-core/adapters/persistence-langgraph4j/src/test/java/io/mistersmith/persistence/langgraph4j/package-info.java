/** Tests of the adapter for LangGraph4j, in memory and on real servers. */
@NullMarked
package io.mistersmith.persistence.langgraph4j;

import org.jspecify.annotations.NullMarked;
