/** Sagas: work in several steps over both stores, which is done whole or undone. */
@NullMarked
package io.mistersmith.persistence.saga;

import org.jspecify.annotations.NullMarked;
