/** Tests of this room. */
@NullMarked
package io.mistersmith.persistence.repository;

import org.jspecify.annotations.NullMarked;
