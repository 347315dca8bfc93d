/** The states of AgentScope's agents, kept by agent persistence. */
@NullMarked
package io.mistersmith.persistence.agentscope;

import org.jspecify.annotations.NullMarked;
