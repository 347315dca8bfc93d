/** Append-only logs: the turns of a conversation, the steps of an agent. */
@NullMarked
package io.mistersmith.persistence.log;

import org.jspecify.annotations.NullMarked;
