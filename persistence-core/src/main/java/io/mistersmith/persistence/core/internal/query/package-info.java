/** Results of queries, kept in a bucket until they are invalidated or expire. */
@NullMarked
package io.mistersmith.persistence.core.internal.query;

import org.jspecify.annotations.NullMarked;
