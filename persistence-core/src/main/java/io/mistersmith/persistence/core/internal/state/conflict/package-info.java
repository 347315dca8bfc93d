/** Saves that resolve their conflicts. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.conflict;

import org.jspecify.annotations.NullMarked;
