/**
 * The life of an agent: its state in this process, copies of it to go back to, and what has
 * happened to the agent.
 */
@NullMarked
package io.mistersmith.persistence.lifecycle;

import org.jspecify.annotations.NullMarked;
