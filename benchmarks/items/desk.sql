INSERT INTO accounts_customer (name, phone, phone_tail, company, source, tier, external_id, note, credit_limit, created_at,
    email, tags, language, time_zone, is_active)
SELECT '顾客' || n, '+8613' || lpad(n::text, 9, '0'), right(lpad(n::text, 9, '0'), 4), '', 'wechat', 'retail', '', '', 0, now(),
    '', '[]', '', '', true
FROM generate_series(100001, 200000) n;

INSERT INTO orders_order (number, customer_id, status, status_before, version, source, urgent, note, receiver_name,
    receiver_phone, province, city, district, street, currency, goods_total, discount, shipping_fee, total,
    paid_amount, refunded_amount, hold_reason, shortage, acknowledged_version, placed_at, updated_at,
    difference_refunded)
SELECT 'BENCH-' || lpad(n::text, 7, '0'), c.low + n % 100000,
    CASE WHEN n % 100 < 90 THEN 'completed' WHEN n % 100 < 95 THEN 'cancelled' WHEN n % 100 < 97 THEN 'refunded'
         ELSE (ARRAY['pending_payment', 'paid', 'picking', 'shipped', 'delivered', 'refunding'])[1 + n / 100 % 6] END,
    '', 1, (ARRAY['wechat', 'phone', 'store', 'web', 'api'])[1 + n % 5], n % 50 = 0,
    CASE WHEN n % 20 = 0 THEN '请尽快发货，谢谢' ELSE '' END, '吴丽华', '+8613800138000', '广东省', '广州市', '白云区',
    '机场路 88 号', 'CNY', 398, 0, 0, 398, 398, 0, '', false, 1,
    now() - ({count} - n) * interval '2 minutes', now(), 0
FROM generate_series(1, {count}) n, (SELECT min(id) AS low FROM accounts_customer WHERE name = '顾客100001') c;

INSERT INTO orders_orderline (order_id, sku, name, spec, quantity, unit_price, cancelled_quantity, picked_quantity,
    shipped_quantity, returned_quantity)
SELECT o.id, 'BX-' || lpad((o.id * 7 % 300 + k)::text, 4, '0'), '牛皮托特包', '黑色 中号', 1, 199, 0, 0, 0, 0
FROM orders_order o, generate_series(1, 2) k WHERE o.number LIKE 'BENCH-%';

ANALYZE accounts_customer;
ANALYZE orders_order;
ANALYZE orders_orderline;
