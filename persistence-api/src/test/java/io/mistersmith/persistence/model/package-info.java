/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.model;

import org.jspecify.annotations.NullMarked;
