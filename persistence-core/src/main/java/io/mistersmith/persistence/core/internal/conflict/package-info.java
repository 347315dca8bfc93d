/** Saves that resolve their conflicts. */
@NullMarked
package io.mistersmith.persistence.core.internal.conflict;

import org.jspecify.annotations.NullMarked;
