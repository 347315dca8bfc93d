/**
 * The lifecycle of the agents' state in this process: which agents are in use, hydrated, flushed,
 * idle.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.state.lifecycle;

import org.jspecify.annotations.NullMarked;
