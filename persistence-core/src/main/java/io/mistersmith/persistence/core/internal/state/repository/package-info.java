/** The repositories that applications call. */
@NullMarked
package io.mistersmith.persistence.core.internal.state.repository;

import org.jspecify.annotations.NullMarked;
