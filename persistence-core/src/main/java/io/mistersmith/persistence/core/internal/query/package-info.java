/** Results of queries, kept in a bucket until somebody invalidates them. */
@NullMarked
package io.mistersmith.persistence.core.internal.query;

import org.jspecify.annotations.NullMarked;
