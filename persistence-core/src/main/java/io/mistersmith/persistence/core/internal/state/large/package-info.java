/** Values larger than a message: their chunks, and the entries that describe them. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.large;

import org.jspecify.annotations.NullMarked;
