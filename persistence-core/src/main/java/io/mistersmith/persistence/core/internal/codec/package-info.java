/** Entities to JSON that both stores keep, and back. */
@NullMarked
package io.mistersmith.persistence.core.internal.codec;

import org.jspecify.annotations.NullMarked;
