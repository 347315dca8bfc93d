/** The hot side of the stores: buckets, their entries and their streams. */
@NullMarked
package io.mistersmith.persistence.spi.hot;

import org.jspecify.annotations.NullMarked;
