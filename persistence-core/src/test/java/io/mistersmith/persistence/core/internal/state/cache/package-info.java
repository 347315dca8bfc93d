/** Tests of what this process keeps in its own memory. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.cache;

import org.jspecify.annotations.NullMarked;
