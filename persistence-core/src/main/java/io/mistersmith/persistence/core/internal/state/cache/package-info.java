/**
 * The cache of a bucket's entries in this process's memory (L1), and the watch that invalidates it.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.state.cache;

import org.jspecify.annotations.NullMarked;
