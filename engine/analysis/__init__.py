"""The evidence behind the method: what SINs, windows and maps show on benign photos and on patched copies."""
