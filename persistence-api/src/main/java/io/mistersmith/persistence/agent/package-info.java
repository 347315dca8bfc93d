/** The registry of agents, their lifecycle in this process, and what has happened to them. */
@NullMarked
package io.mistersmith.persistence.agent;

import org.jspecify.annotations.NullMarked;
