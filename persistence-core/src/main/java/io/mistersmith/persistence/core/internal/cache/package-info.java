/**
 * What this process keeps of a bucket's entries in its own memory (L1), and what drops it again.
 */
@NullMarked
package io.mistersmith.persistence.core.internal.cache;

import org.jspecify.annotations.NullMarked;
