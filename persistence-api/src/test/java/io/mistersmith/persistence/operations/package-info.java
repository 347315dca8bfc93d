/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.operations;

import org.jspecify.annotations.NullMarked;
