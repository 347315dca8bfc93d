/** Append-only logs: entries with versions in a bucket, their heads, and their rows. */
@NullMarked
package io.mistersmith.persistence.core.internal.log;

import org.jspecify.annotations.NullMarked;
