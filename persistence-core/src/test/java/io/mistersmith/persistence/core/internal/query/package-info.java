/** Tests of the cache of queries. */
@NullMarked
package io.mistersmith.persistence.core.internal.query;

import org.jspecify.annotations.NullMarked;
