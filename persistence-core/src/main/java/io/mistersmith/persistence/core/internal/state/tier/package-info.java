/** The way of a read or a write through KV and PostgreSQL. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.tier;

import org.jspecify.annotations.NullMarked;
